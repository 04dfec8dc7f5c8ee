/**
 * The fields of upstream's internal structs, in their order: messages that show a part of a pod show it in this form. Each
 * field is `NAME IN THE API:NAME INSIDE:KIND`. A name that begins with `^` is a field of the whole spec. Kinds: `s` text,
 * `n` number and `b` truth, which are there even if empty; `q` an amount; `?` absent or as it is; `*T` absent or a struct,
 * `T` a struct, `[]T` a list of them; `+T` the fields of another struct, here.
 */
export const internalTypes: Readonly<Record<string, string>> = {
  PodSpec:
    'volumes:Volumes:[]Volume initContainers:InitContainers:[]Container containers:Containers:[]Container ephemeralContainers:EphemeralContainers:[]EphemeralContainer restartPolicy:RestartPolicy:s terminationGracePeriodSeconds:TerminationGracePeriodSeconds:? activeDeadlineSeconds:ActiveDeadlineSeconds:? dnsPolicy:DNSPolicy:s nodeSelector:NodeSelector:? serviceAccountName:ServiceAccountName:s automountServiceAccountToken:AutomountServiceAccountToken:? nodeName:NodeName:s securityContext:SecurityContext:*PodSecurityContext imagePullSecrets:ImagePullSecrets:[]LocalObjectReference hostname:Hostname:s subdomain:Subdomain:s setHostnameAsFQDN:SetHostnameAsFQDN:? affinity:Affinity:*Affinity schedulerName:SchedulerName:s tolerations:Tolerations:[]Toleration hostAliases:HostAliases:[]HostAlias priorityClassName:PriorityClassName:s priority:Priority:? preemptionPolicy:PreemptionPolicy:? dnsConfig:DNSConfig:*PodDNSConfig readinessGates:ReadinessGates:[]PodReadinessGate runtimeClassName:RuntimeClassName:? overhead:Overhead:? enableServiceLinks:EnableServiceLinks:? topologySpreadConstraints:TopologySpreadConstraints:[]TopologySpreadConstraint os:OS:*PodOS schedulingGates:SchedulingGates:[]PodSchedulingGate resourceClaims:ResourceClaims:[]PodResourceClaim resources:Resources:*ResourceRequirements hostnameOverride:HostnameOverride:? schedulingGroup:SchedulingGroup:*PodSchedulingGroup',
  Volume: 'name:Name:s =:=:+VolumeSource',
  VolumeSource:
    'hostPath:HostPath:*HostPathVolumeSource emptyDir:EmptyDir:*EmptyDirVolumeSource gcePersistentDisk:GCEPersistentDisk:*GCEPersistentDiskVolumeSource awsElasticBlockStore:AWSElasticBlockStore:*AWSElasticBlockStoreVolumeSource gitRepo:GitRepo:*GitRepoVolumeSource secret:Secret:*SecretVolumeSource nfs:NFS:*NFSVolumeSource iscsi:ISCSI:*ISCSIVolumeSource glusterfs:Glusterfs:*GlusterfsVolumeSource persistentVolumeClaim:PersistentVolumeClaim:*PersistentVolumeClaimVolumeSource rbd:RBD:*RBDVolumeSource quobyte:Quobyte:*QuobyteVolumeSource flexVolume:FlexVolume:*FlexVolumeSource cinder:Cinder:*CinderVolumeSource cephfs:CephFS:*CephFSVolumeSource flocker:Flocker:*FlockerVolumeSource downwardAPI:DownwardAPI:*DownwardAPIVolumeSource fc:FC:*FCVolumeSource azureFile:AzureFile:*AzureFileVolumeSource configMap:ConfigMap:*ConfigMapVolumeSource vsphereVolume:VsphereVolume:*VsphereVirtualDiskVolumeSource azureDisk:AzureDisk:*AzureDiskVolumeSource photonPersistentDisk:PhotonPersistentDisk:*PhotonPersistentDiskVolumeSource projected:Projected:*ProjectedVolumeSource portworxVolume:PortworxVolume:*PortworxVolumeSource scaleIO:ScaleIO:*ScaleIOVolumeSource storageos:StorageOS:*StorageOSVolumeSource csi:CSI:*CSIVolumeSource ephemeral:Ephemeral:*EphemeralVolumeSource image:Image:*ImageVolumeSource',
  HostPathVolumeSource: 'path:Path:s type:Type:?',
  EmptyDirVolumeSource: 'medium:Medium:s sizeLimit:SizeLimit:?',
  GCEPersistentDiskVolumeSource: 'pdName:PDName:s fsType:FSType:s partition:Partition:n readOnly:ReadOnly:b',
  AWSElasticBlockStoreVolumeSource: 'volumeID:VolumeID:s fsType:FSType:s partition:Partition:n readOnly:ReadOnly:b',
  GitRepoVolumeSource: 'repository:Repository:s revision:Revision:s directory:Directory:s',
  SecretVolumeSource: 'secretName:SecretName:s items:Items:[]KeyToPath defaultMode:DefaultMode:? optional:Optional:?',
  KeyToPath: 'key:Key:s path:Path:s mode:Mode:?',
  NFSVolumeSource: 'server:Server:s path:Path:s readOnly:ReadOnly:b',
  ISCSIVolumeSource:
    'targetPortal:TargetPortal:s iqn:IQN:s lun:Lun:n iscsiInterface:ISCSIInterface:s fsType:FSType:s readOnly:ReadOnly:b portals:Portals:? chapAuthDiscovery:DiscoveryCHAPAuth:b chapAuthSession:SessionCHAPAuth:b secretRef:SecretRef:*LocalObjectReference initiatorName:InitiatorName:?',
  LocalObjectReference: 'name:Name:s',
  GlusterfsVolumeSource: 'endpoints:EndpointsName:s path:Path:s readOnly:ReadOnly:b',
  PersistentVolumeClaimVolumeSource: 'claimName:ClaimName:s readOnly:ReadOnly:b',
  RBDVolumeSource:
    'monitors:CephMonitors:? image:RBDImage:s fsType:FSType:s pool:RBDPool:s user:RadosUser:s keyring:Keyring:s secretRef:SecretRef:*LocalObjectReference readOnly:ReadOnly:b',
  QuobyteVolumeSource:
    'registry:Registry:s volume:Volume:s readOnly:ReadOnly:b user:User:s group:Group:s tenant:Tenant:s',
  FlexVolumeSource:
    'driver:Driver:s fsType:FSType:s secretRef:SecretRef:*LocalObjectReference readOnly:ReadOnly:b options:Options:?',
  CinderVolumeSource:
    'volumeID:VolumeID:s fsType:FSType:s readOnly:ReadOnly:b secretRef:SecretRef:*LocalObjectReference',
  CephFSVolumeSource:
    'monitors:Monitors:? path:Path:s user:User:s secretFile:SecretFile:s secretRef:SecretRef:*LocalObjectReference readOnly:ReadOnly:b',
  FlockerVolumeSource: 'datasetName:DatasetName:s datasetUUID:DatasetUUID:s',
  DownwardAPIVolumeSource: 'items:Items:[]DownwardAPIVolumeFile defaultMode:DefaultMode:?',
  DownwardAPIVolumeFile:
    'path:Path:s fieldRef:FieldRef:*ObjectFieldSelector resourceFieldRef:ResourceFieldRef:*ResourceFieldSelector mode:Mode:?',
  ObjectFieldSelector: 'apiVersion:APIVersion:s fieldPath:FieldPath:s',
  ResourceFieldSelector: 'containerName:ContainerName:s resource:Resource:s divisor:Divisor:q',
  FCVolumeSource: 'targetWWNs:TargetWWNs:? lun:Lun:? fsType:FSType:s readOnly:ReadOnly:b wwids:WWIDs:?',
  AzureFileVolumeSource: 'secretName:SecretName:s shareName:ShareName:s readOnly:ReadOnly:b',
  ConfigMapVolumeSource:
    '=:=:+LocalObjectReference items:Items:[]KeyToPath defaultMode:DefaultMode:? optional:Optional:?',
  VsphereVirtualDiskVolumeSource:
    'volumePath:VolumePath:s fsType:FSType:s storagePolicyName:StoragePolicyName:s storagePolicyID:StoragePolicyID:s',
  AzureDiskVolumeSource:
    'diskName:DiskName:s diskURI:DataDiskURI:s cachingMode:CachingMode:? fsType:FSType:? readOnly:ReadOnly:? kind:Kind:?',
  PhotonPersistentDiskVolumeSource: 'pdID:PdID:s fsType:FSType:s',
  ProjectedVolumeSource: 'sources:Sources:[]VolumeProjection defaultMode:DefaultMode:?',
  VolumeProjection:
    'secret:Secret:*SecretProjection downwardAPI:DownwardAPI:*DownwardAPIProjection configMap:ConfigMap:*ConfigMapProjection serviceAccountToken:ServiceAccountToken:*ServiceAccountTokenProjection clusterTrustBundle:ClusterTrustBundle:*ClusterTrustBundleProjection podCertificate:PodCertificate:*PodCertificateProjection',
  SecretProjection: '=:=:+LocalObjectReference items:Items:[]KeyToPath optional:Optional:?',
  DownwardAPIProjection: 'items:Items:[]DownwardAPIVolumeFile',
  ConfigMapProjection: '=:=:+LocalObjectReference items:Items:[]KeyToPath optional:Optional:?',
  ServiceAccountTokenProjection: 'audience:Audience:s expirationSeconds:ExpirationSeconds:n path:Path:s',
  ClusterTrustBundleProjection:
    'name:Name:? signerName:SignerName:? labelSelector:LabelSelector:? optional:Optional:? path:Path:s',
  PodCertificateProjection:
    'signerName:SignerName:s keyType:KeyType:s maxExpirationSeconds:MaxExpirationSeconds:? credentialBundlePath:CredentialBundlePath:s keyPath:KeyPath:s certificateChainPath:CertificateChainPath:s userAnnotations:UserAnnotations:?',
  PortworxVolumeSource: 'volumeID:VolumeID:s fsType:FSType:s readOnly:ReadOnly:b',
  ScaleIOVolumeSource:
    'gateway:Gateway:s system:System:s secretRef:SecretRef:*LocalObjectReference sslEnabled:SSLEnabled:b protectionDomain:ProtectionDomain:s storagePool:StoragePool:s storageMode:StorageMode:s volumeName:VolumeName:s fsType:FSType:s readOnly:ReadOnly:b',
  StorageOSVolumeSource:
    'volumeName:VolumeName:s volumeNamespace:VolumeNamespace:s fsType:FSType:s readOnly:ReadOnly:b secretRef:SecretRef:*LocalObjectReference',
  CSIVolumeSource:
    'driver:Driver:s readOnly:ReadOnly:? fsType:FSType:? volumeAttributes:VolumeAttributes:? nodePublishSecretRef:NodePublishSecretRef:*LocalObjectReference',
  EphemeralVolumeSource: 'volumeClaimTemplate:VolumeClaimTemplate:*PersistentVolumeClaimTemplate',
  PersistentVolumeClaimTemplate: 'metadata:=:+ObjectMeta spec:Spec:PersistentVolumeClaimSpec',
  PersistentVolumeClaimSpec:
    'accessModes:AccessModes:? selector:Selector:? resources:Resources:VolumeResourceRequirements volumeName:VolumeName:s storageClassName:StorageClassName:? volumeMode:VolumeMode:? dataSource:DataSource:*TypedLocalObjectReference dataSourceRef:DataSourceRef:*TypedObjectReference volumeAttributesClassName:VolumeAttributesClassName:?',
  VolumeResourceRequirements: 'limits:Limits:? requests:Requests:?',
  TypedLocalObjectReference: 'apiGroup:APIGroup:? kind:Kind:s name:Name:s',
  TypedObjectReference: 'apiGroup:APIGroup:? kind:Kind:s name:Name:s namespace:Namespace:?',
  ImageVolumeSource: 'reference:Reference:s pullPolicy:PullPolicy:s',
  Container:
    'name:Name:s image:Image:s command:Command:? args:Args:? workingDir:WorkingDir:s ports:Ports:[]ContainerPort envFrom:EnvFrom:[]EnvFromSource env:Env:[]EnvVar resources:Resources:ResourceRequirements resizePolicy:ResizePolicy:[]ContainerResizePolicy restartPolicy:RestartPolicy:? restartPolicyRules:RestartPolicyRules:[]ContainerRestartRule volumeMounts:VolumeMounts:[]VolumeMount volumeDevices:VolumeDevices:[]VolumeDevice livenessProbe:LivenessProbe:*Probe readinessProbe:ReadinessProbe:*Probe startupProbe:StartupProbe:*Probe lifecycle:Lifecycle:*Lifecycle terminationMessagePath:TerminationMessagePath:s terminationMessagePolicy:TerminationMessagePolicy:s imagePullPolicy:ImagePullPolicy:s securityContext:SecurityContext:*SecurityContext stdin:Stdin:b stdinOnce:StdinOnce:b tty:TTY:b',
  ContainerPort: 'name:Name:s hostPort:HostPort:n containerPort:ContainerPort:n protocol:Protocol:s hostIP:HostIP:s',
  EnvFromSource: 'prefix:Prefix:s configMapRef:ConfigMapRef:*ConfigMapEnvSource secretRef:SecretRef:*SecretEnvSource',
  ConfigMapEnvSource: '=:=:+LocalObjectReference optional:Optional:?',
  SecretEnvSource: '=:=:+LocalObjectReference optional:Optional:?',
  EnvVar: 'name:Name:s value:Value:s valueFrom:ValueFrom:*EnvVarSource',
  EnvVarSource:
    'fieldRef:FieldRef:*ObjectFieldSelector resourceFieldRef:ResourceFieldRef:*ResourceFieldSelector configMapKeyRef:ConfigMapKeyRef:*ConfigMapKeySelector secretKeyRef:SecretKeyRef:*SecretKeySelector fileKeyRef:FileKeyRef:*FileKeySelector',
  ConfigMapKeySelector: '=:=:+LocalObjectReference key:Key:s optional:Optional:?',
  SecretKeySelector: '=:=:+LocalObjectReference key:Key:s optional:Optional:?',
  FileKeySelector: 'volumeName:VolumeName:s path:Path:s key:Key:s optional:Optional:?',
  ResourceRequirements: 'limits:Limits:? requests:Requests:? claims:Claims:[]ResourceClaim',
  ResourceClaim: 'name:Name:s request:Request:s',
  ContainerResizePolicy: 'resourceName:ResourceName:s restartPolicy:RestartPolicy:s',
  ContainerRestartRule: 'action:Action:s exitCodes:ExitCodes:*ContainerRestartRuleOnExitCodes',
  ContainerRestartRuleOnExitCodes: 'operator:Operator:s values:Values:?',
  VolumeMount:
    'name:Name:s readOnly:ReadOnly:b recursiveReadOnly:RecursiveReadOnly:? mountPath:MountPath:s subPath:SubPath:s mountPropagation:MountPropagation:? subPathExpr:SubPathExpr:s',
  VolumeDevice: 'name:Name:s devicePath:DevicePath:s',
  Probe:
    '=:=:+ProbeHandler initialDelaySeconds:InitialDelaySeconds:n timeoutSeconds:TimeoutSeconds:n periodSeconds:PeriodSeconds:n successThreshold:SuccessThreshold:n failureThreshold:FailureThreshold:n terminationGracePeriodSeconds:TerminationGracePeriodSeconds:?',
  ProbeHandler:
    'exec:Exec:*ExecAction httpGet:HTTPGet:*HTTPGetAction tcpSocket:TCPSocket:*TCPSocketAction grpc:GRPC:*GRPCAction',
  ExecAction: 'command:Command:?',
  HTTPGetAction: 'path:Path:s port:Port:n host:Host:s scheme:Scheme:s httpHeaders:HTTPHeaders:[]HTTPHeader',
  HTTPHeader: 'name:Name:s value:Value:s',
  TCPSocketAction: 'port:Port:n host:Host:s',
  GRPCAction: 'port:Port:n service:Service:?',
  Lifecycle: 'postStart:PostStart:*LifecycleHandler preStop:PreStop:*LifecycleHandler stopSignal:StopSignal:?',
  LifecycleHandler:
    'exec:Exec:*ExecAction httpGet:HTTPGet:*HTTPGetAction tcpSocket:TCPSocket:*TCPSocketAction sleep:Sleep:*SleepAction',
  SleepAction: 'seconds:Seconds:n',
  SecurityContext:
    'capabilities:Capabilities:*Capabilities privileged:Privileged:? seLinuxOptions:SELinuxOptions:*SELinuxOptions windowsOptions:WindowsOptions:*WindowsSecurityContextOptions runAsUser:RunAsUser:? runAsGroup:RunAsGroup:? runAsNonRoot:RunAsNonRoot:? readOnlyRootFilesystem:ReadOnlyRootFilesystem:? allowPrivilegeEscalation:AllowPrivilegeEscalation:? procMount:ProcMount:? seccompProfile:SeccompProfile:*SeccompProfile appArmorProfile:AppArmorProfile:*AppArmorProfile',
  Capabilities: 'add:Add:? drop:Drop:?',
  SELinuxOptions: 'user:User:s role:Role:s type:Type:s level:Level:s',
  WindowsSecurityContextOptions:
    'gmsaCredentialSpecName:GMSACredentialSpecName:? gmsaCredentialSpec:GMSACredentialSpec:? runAsUserName:RunAsUserName:? hostProcess:HostProcess:?',
  SeccompProfile: 'type:Type:s localhostProfile:LocalhostProfile:?',
  AppArmorProfile: 'type:Type:s localhostProfile:LocalhostProfile:?',
  EphemeralContainer: '=:=:+EphemeralContainerCommon targetContainerName:TargetContainerName:s',
  EphemeralContainerCommon:
    'name:Name:s image:Image:s command:Command:? args:Args:? workingDir:WorkingDir:s ports:Ports:[]ContainerPort envFrom:EnvFrom:[]EnvFromSource env:Env:[]EnvVar resources:Resources:ResourceRequirements resizePolicy:ResizePolicy:[]ContainerResizePolicy restartPolicy:RestartPolicy:? restartPolicyRules:RestartPolicyRules:[]ContainerRestartRule volumeMounts:VolumeMounts:[]VolumeMount volumeDevices:VolumeDevices:[]VolumeDevice livenessProbe:LivenessProbe:*Probe readinessProbe:ReadinessProbe:*Probe startupProbe:StartupProbe:*Probe lifecycle:Lifecycle:*Lifecycle terminationMessagePath:TerminationMessagePath:s terminationMessagePolicy:TerminationMessagePolicy:s imagePullPolicy:ImagePullPolicy:s securityContext:SecurityContext:*SecurityContext stdin:Stdin:b stdinOnce:StdinOnce:b tty:TTY:b',
  PodSecurityContext:
    '^hostNetwork:HostNetwork:b ^hostPID:HostPID:b ^hostIPC:HostIPC:b ^shareProcessNamespace:ShareProcessNamespace:? ^hostUsers:HostUsers:? seLinuxOptions:SELinuxOptions:*SELinuxOptions windowsOptions:WindowsOptions:*WindowsSecurityContextOptions runAsUser:RunAsUser:? runAsGroup:RunAsGroup:? runAsNonRoot:RunAsNonRoot:? supplementalGroups:SupplementalGroups:? supplementalGroupsPolicy:SupplementalGroupsPolicy:? fsGroup:FSGroup:? fsGroupChangePolicy:FSGroupChangePolicy:? sysctls:Sysctls:[]Sysctl seccompProfile:SeccompProfile:*SeccompProfile appArmorProfile:AppArmorProfile:*AppArmorProfile seLinuxChangePolicy:SELinuxChangePolicy:?',
  Sysctl: 'name:Name:s value:Value:s',
  Affinity:
    'nodeAffinity:NodeAffinity:*NodeAffinity podAffinity:PodAffinity:*PodAffinity podAntiAffinity:PodAntiAffinity:*PodAntiAffinity',
  NodeAffinity:
    'requiredDuringSchedulingIgnoredDuringExecution:RequiredDuringSchedulingIgnoredDuringExecution:*NodeSelector preferredDuringSchedulingIgnoredDuringExecution:PreferredDuringSchedulingIgnoredDuringExecution:[]PreferredSchedulingTerm',
  NodeSelector: 'nodeSelectorTerms:NodeSelectorTerms:[]NodeSelectorTerm',
  NodeSelectorTerm:
    'matchExpressions:MatchExpressions:[]NodeSelectorRequirement matchFields:MatchFields:[]NodeSelectorRequirement',
  NodeSelectorRequirement: 'key:Key:s operator:Operator:s values:Values:?',
  PreferredSchedulingTerm: 'weight:Weight:n preference:Preference:NodeSelectorTerm',
  PodAffinity:
    'requiredDuringSchedulingIgnoredDuringExecution:RequiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm preferredDuringSchedulingIgnoredDuringExecution:PreferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm',
  PodAffinityTerm:
    'labelSelector:LabelSelector:? namespaces:Namespaces:? topologyKey:TopologyKey:s namespaceSelector:NamespaceSelector:? matchLabelKeys:MatchLabelKeys:? mismatchLabelKeys:MismatchLabelKeys:?',
  WeightedPodAffinityTerm: 'weight:Weight:n podAffinityTerm:PodAffinityTerm:PodAffinityTerm',
  PodAntiAffinity:
    'requiredDuringSchedulingIgnoredDuringExecution:RequiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm preferredDuringSchedulingIgnoredDuringExecution:PreferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm',
  Toleration: 'key:Key:s operator:Operator:s value:Value:s effect:Effect:s tolerationSeconds:TolerationSeconds:?',
  HostAlias: 'ip:IP:s hostnames:Hostnames:?',
  PodDNSConfig: 'nameservers:Nameservers:? searches:Searches:? options:Options:[]PodDNSConfigOption',
  PodDNSConfigOption: 'name:Name:s value:Value:?',
  PodReadinessGate: 'conditionType:ConditionType:s',
  TopologySpreadConstraint:
    'maxSkew:MaxSkew:n topologyKey:TopologyKey:s whenUnsatisfiable:WhenUnsatisfiable:s labelSelector:LabelSelector:? minDomains:MinDomains:? nodeAffinityPolicy:NodeAffinityPolicy:? nodeTaintsPolicy:NodeTaintsPolicy:? matchLabelKeys:MatchLabelKeys:?',
  PodOS: 'name:Name:s',
  PodSchedulingGate: 'name:Name:s',
  PodResourceClaim:
    'name:Name:s resourceClaimName:ResourceClaimName:? resourceClaimTemplateName:ResourceClaimTemplateName:?',
  PodSchedulingGroup: 'podGroupName:PodGroupName:?',
  Taint: 'key:Key:s value:Value:s effect:Effect:s timeAdded:TimeAdded:?',
  NodeAddress: 'type:Type:s address:Address:s',
};
