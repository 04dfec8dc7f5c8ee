/** What templates may ask about the cluster: its version and API versions, and the version of Helm. */
import { ChartError } from '#platform/charts/chart.ts';

/** `.Capabilities.KubeVersion`. */
export interface KubeVersion {
  readonly version: string;
  readonly major: string;
  readonly minor: string;
}

/** `.Capabilities`. */
export interface Capabilities {
  readonly kubeVersion: KubeVersion;
  readonly apiVersions: readonly string[];
}

/** `.Capabilities.HelmVersion`: the release of Helm that this package follows. */
export const helmVersion = { version: 'v3.22', gitCommit: '', gitTreeState: '', goVersion: 'go1.26.8' } as const;

/** The version that Helm 3.22 assumes without a cluster. */
export const defaultKubeVersion: KubeVersion = { version: 'v1.37.0', major: '1', minor: '37' };

/** Reads --kube-version. Throws {@link ChartError}. */
export function parseKubeVersion(text: string): KubeVersion {
  const match = /^\s*v?([0-9]+(?:\.[0-9]+)*)(.*)$/.exec(text);
  const parts = match?.[1]?.split('.') ?? [];
  const [major, minor] = parts;
  const quoted = JSON.stringify(text);
  if (major === undefined) return refuse(text, `could not parse ${quoted} as version`);
  if (minor === undefined) return refuse(text, `illegal version string ${quoted}`);
  if (major.length > 1 && major.startsWith('0'))
    return refuse(text, `illegal zero-prefixed version component ${JSON.stringify(major)} in ${quoted}`);
  const numbers = parts.map((part) => BigInt(part).toString());
  return { version: `v${numbers.join('.')}`, major, minor: numbers[1] ?? '' };
}

function refuse(text: string, reason: string): never {
  throw new ChartError(`invalid kube version '${text}': ${reason}`);
}

/** The API versions that Helm knows without asking a cluster. */
export const defaultApiVersions: readonly string[] = [
  'v1',
  'admissionregistration.k8s.io/v1',
  'admissionregistration.k8s.io/v1alpha1',
  'admissionregistration.k8s.io/v1beta1',
  'internal.apiserver.k8s.io/v1alpha1',
  'apps/v1',
  'apps/v1beta1',
  'apps/v1beta2',
  'authentication.k8s.io/v1',
  'authentication.k8s.io/v1alpha1',
  'authentication.k8s.io/v1beta1',
  'authorization.k8s.io/v1',
  'authorization.k8s.io/v1beta1',
  'autoscaling/v1',
  'autoscaling/v2',
  'batch/v1',
  'batch/v1beta1',
  'certificates.k8s.io/v1',
  'certificates.k8s.io/v1beta1',
  'certificates.k8s.io/v1alpha1',
  'coordination.k8s.io/v1alpha2',
  'coordination.k8s.io/v1beta1',
  'coordination.k8s.io/v1',
  'discovery.k8s.io/v1',
  'discovery.k8s.io/v1beta1',
  'events.k8s.io/v1',
  'events.k8s.io/v1beta1',
  'extensions/v1beta1',
  'flowcontrol.apiserver.k8s.io/v1',
  'flowcontrol.apiserver.k8s.io/v1beta1',
  'flowcontrol.apiserver.k8s.io/v1beta2',
  'flowcontrol.apiserver.k8s.io/v1beta3',
  'lifecycle.k8s.io/v1alpha1',
  'networking.k8s.io/v1',
  'networking.k8s.io/v1beta1',
  'node.k8s.io/v1',
  'node.k8s.io/v1alpha1',
  'node.k8s.io/v1beta1',
  'policy/v1',
  'policy/v1beta1',
  'rbac.authorization.k8s.io/v1',
  'rbac.authorization.k8s.io/v1beta1',
  'rbac.authorization.k8s.io/v1alpha1',
  'resource.k8s.io/v1',
  'resource.k8s.io/v1beta2',
  'resource.k8s.io/v1beta1',
  'resource.k8s.io/v1alpha3',
  'scheduling.k8s.io/v1alpha3',
  'scheduling.k8s.io/v1beta1',
  'scheduling.k8s.io/v1',
  'storage.k8s.io/v1beta1',
  'storage.k8s.io/v1',
  'storage.k8s.io/v1alpha1',
  'storagemigration.k8s.io/v1',
  'storagemigration.k8s.io/v1beta1',
  'apiextensions.k8s.io/v1beta1',
  'apiextensions.k8s.io/v1',
];
