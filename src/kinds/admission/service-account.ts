/** ServiceAccount: every pod runs as a service account, and finds its token where clients look for it. */
import { serviceaccounts } from '#api/generated/resources.ts';
import type { Container, Pod, PodSpec, ServiceAccount, Volume } from '#api/generated/core/v1.ts';
import type { AdmissionAttributes, AdmissionPlugin, HookCall } from '#api/resource.ts';
import { sleep } from '#base/clock.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { nameSuffix } from '#base/random.ts';
import { lookupProblem } from '#kinds/admission/lookup.ts';
import { isResource, reject } from '#kinds/admission/forbid.ts';
import { referencedSecretProblem } from '#kinds/admission/mountable-secrets.ts';

const mirrorAnnotation = 'kubernetes.io/config.mirror';
const mountableSecrets = 'kubernetes.io/enforce-mountable-secrets';
const volumePrefix = 'kube-api-access-';
const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';
/** The default account of a new namespace comes a moment later. */
const defaultAttempts = 10;

export const serviceAccountAdmission: AdmissionPlugin = {
  name: 'ServiceAccount',
  handles: (operation, attributes) =>
    operation === 'CREATE' && isResource(attributes, '', 'pods') && attributes.subresource === '',
  mutate,
  validate,
};

async function mutate(attributes: AdmissionAttributes, call: HookCall): Promise<void> {
  const pod = attributes.object as unknown as Pod;
  if (isMirror(pod)) return checkMirror(attributes, pod);
  const spec = (pod.spec ??= { containers: [] });
  if ((spec.serviceAccountName ?? '') === '') spec.serviceAccountName = 'default';
  spec.serviceAccount = spec.serviceAccountName ?? 'default';
  const account = await accountOf(attributes, spec, call);
  if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(spec, call);
  if ((spec.imagePullSecrets ?? []).length === 0 && (account.imagePullSecrets ?? []).length > 0)
    spec.imagePullSecrets = (account.imagePullSecrets ?? []).map(({ name }) => (name === undefined ? {} : { name }));
}

async function validate(attributes: AdmissionAttributes, call: HookCall): Promise<void> {
  const pod = attributes.object as unknown as Pod;
  if (isMirror(pod)) return checkMirror(attributes, pod);
  const spec = pod.spec ?? { containers: [] };
  if ((spec.serviceAccountName ?? '') === '')
    throw reject(attributes, `no service account specified for pod ${attributes.key.namespace}/${pod.metadata.name}`);
  const account = await accountOf(attributes, spec, call);
  if (!['1', 't', 'T', 'TRUE', 'true', 'True'].includes(account.metadata.annotations?.[mountableSecrets] ?? '')) return;
  const problem = referencedSecretProblem(account, spec);
  if (problem !== '') throw reject(attributes, problem);
}

function isMirror({ metadata }: Pod): boolean {
  return metadata.annotations?.[mirrorAnnotation] !== undefined;
}

/** Mirror pods show what a node runs on its own account: they hold no identity and no secrets. */
function checkMirror(attributes: AdmissionAttributes, { spec }: Pod): void {
  if ((spec?.serviceAccountName ?? '') !== '')
    throw reject(attributes, 'a mirror pod may not reference service accounts');
  if (JSON.stringify(spec ?? {}).match(/"(secretName|secretRef|secretKeyRef|imagePullSecrets)":/) !== null)
    throw reject(attributes, 'a mirror pod may not reference secrets');
  const isProjected = spec?.volumes?.some(({ projected }) =>
    projected?.sources?.some(({ serviceAccountToken }) => serviceAccountToken !== undefined),
  );
  if (isProjected === true) throw reject(attributes, 'a mirror pod may not use ServiceAccountToken volume projections');
}

async function accountOf(
  attributes: AdmissionAttributes,
  { serviceAccountName: name = '' }: PodSpec,
  { reader, clock, random, signal }: HookCall,
): Promise<DeepReadonly<ServiceAccount>> {
  const { namespace } = attributes.key;
  const intervalMs = 100 + random.next() * 100;
  const attempts = name === 'default' ? defaultAttempts : 1;
  for (let attempt = 1; ; attempt++) {
    const account = reader.get(serviceaccounts, { namespace, name });
    if (account !== undefined) return account;
    if (attempt >= attempts) break;
    await sleep(clock, intervalMs, signal);
  }
  const problem = lookupProblem(name) ?? `serviceaccount "${name}" not found`;
  throw reject(attributes, `error looking up service account ${namespace}/${name}: ${problem}`);
}

/** Mounts the projected volume with token, CA and namespace into every container that has nothing at that path. */
function mountToken(spec: PodSpec, { random }: HookCall): void {
  const existing = spec.volumes?.find(({ name }) => name.startsWith(volumePrefix))?.name;
  const name = existing ?? volumePrefix + nameSuffix(random, 5);
  let isNeeded = false;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    if (hasTokenPath(container)) continue;
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: tokenPath }];
    isNeeded = true;
  }
  if (isNeeded && existing === undefined) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

function hasTokenPath({ volumeMounts }: Container): boolean {
  return volumeMounts?.some(({ mountPath }) => mountPath === tokenPath) === true;
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
      defaultMode: 420,
    },
  };
}
