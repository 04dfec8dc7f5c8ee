/** ServiceAccount: every pod runs as a service account, and finds its token where clients look for it. */
import { serviceaccounts } from '#api/generated/resources.ts';
import type { Container, Pod, PodSpec, ServiceAccount, Volume } from '#api/generated/core/v1.ts';
import type { ObjectKey } from '#api/object.ts';
import type { AdmissionAttributes, AdmissionPlugin, HookCall } from '#api/resource.ts';
import { sleep } from '#base/clock.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { nameSuffix } from '#base/random.ts';
import { lookupProblem } from '#kinds/admission/lookup.ts';
import { isResource, reject } from '#kinds/admission/forbid.ts';
import { referencedSecretProblem } from '#kinds/admission/mountable-secrets.ts';

type Account = DeepReadonly<ServiceAccount>;

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

function mutate(attributes: AdmissionAttributes, call: HookCall): Promise<void> | void {
  const pod = attributes.object as unknown as Pod;
  if (isMirror(pod)) return checkMirror(attributes, pod);
  const spec = (pod.spec ??= { containers: [] });
  if ((spec.serviceAccountName ?? '') === '') spec.serviceAccountName = 'default';
  spec.serviceAccount = spec.serviceAccountName ?? 'default';
  return withAccount(attributes, spec, call, (account) => giveIdentity(spec, account, call));
}

function giveIdentity(spec: PodSpec, account: Account, call: HookCall): void {
  if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(spec, call);
  if ((spec.imagePullSecrets ?? []).length === 0 && (account.imagePullSecrets ?? []).length > 0)
    spec.imagePullSecrets = (account.imagePullSecrets ?? []).map(({ name }) => (name === undefined ? {} : { name }));
}

function validate(attributes: AdmissionAttributes, call: HookCall): Promise<void> | void {
  const pod = attributes.object as unknown as Pod;
  if (isMirror(pod)) return checkMirror(attributes, pod);
  const spec = pod.spec ?? { containers: [] };
  if ((spec.serviceAccountName ?? '') === '')
    throw reject(attributes, `no service account specified for pod ${attributes.key.namespace}/${pod.metadata.name}`);
  return withAccount(attributes, spec, call, (account) => checkReferences(attributes, spec, account));
}

function checkReferences(attributes: AdmissionAttributes, spec: PodSpec, account: Account): void {
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

/** Goes on at once with an account that is there, which is the rule: only who waits for one needs a promise. */
function withAccount(
  attributes: AdmissionAttributes,
  { serviceAccountName: name = '' }: PodSpec,
  call: HookCall,
  next: (account: Account) => void,
): Promise<void> | void {
  const key = { namespace: attributes.key.namespace, name };
  const account = call.reader.get(serviceaccounts, key);
  if (account !== undefined) return next(account);
  return awaitedAccount(key, call).then((found) => {
    if (found !== undefined) return next(found);
    const problem = lookupProblem(name) ?? `serviceaccount "${name}" not found`;
    throw reject(attributes, `error looking up service account ${key.namespace}/${name}: ${problem}`);
  });
}

async function awaitedAccount(
  key: ObjectKey,
  { reader, clock, random, signal }: HookCall,
): Promise<Account | undefined> {
  const intervalMs = 100 + random.next() * 100;
  const attempts = key.name === 'default' ? defaultAttempts : 1;
  for (let attempt = 1; attempt < attempts; attempt++) {
    await sleep(clock, intervalMs, signal);
    const account = reader.get(serviceaccounts, key);
    if (account !== undefined) return account;
  }
  return undefined;
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
