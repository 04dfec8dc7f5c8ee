/**
 * How messages show a value that is an object: upstream prints its internal struct, whose fields have capitals and are all
 * there, set or not.
 *
 *   internalShape({ type: 'Localhost' }, seccompShape) is { Type: 'Localhost', LocalhostProfile: null }
 */

/** A field's name in the API, its name inside, and what it is when absent. */
export type Shape = readonly (readonly [field: string, inner: string, absent: unknown, shape?: Shape])[];

export function internalShape(value: unknown, shape: Shape): unknown {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map((item) => internalShape(item, shape));
  const source = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    shape.map(([field, inner, absent, nested]) => {
      const own = source[field];
      if (own === undefined) return [inner, absent];
      return [inner, nested === undefined ? own : internalShape(own, nested)];
    }),
  );
}

export const seccompShape: Shape = [
  ['type', 'Type', ''],
  ['localhostProfile', 'LocalhostProfile', null],
];
export const resourceClaimShape: Shape = [
  ['name', 'Name', ''],
  ['resourceClaimName', 'ResourceClaimName', null],
  ['resourceClaimTemplateName', 'ResourceClaimTemplateName', null],
];
const requirementShape: Shape = [
  ['key', 'Key', ''],
  ['operator', 'Operator', ''],
  ['values', 'Values', null],
];
export const nodeSelectorTermShape: Shape = [
  ['matchExpressions', 'MatchExpressions', null, requirementShape],
  ['matchFields', 'MatchFields', null, requirementShape],
];
export const securityContextShape: Shape = [
  [
    'capabilities',
    'Capabilities',
    null,
    [
      ['add', 'Add', null],
      ['drop', 'Drop', null],
    ],
  ],
  ['privileged', 'Privileged', null],
  [
    'seLinuxOptions',
    'SELinuxOptions',
    null,
    [
      ['user', 'User', ''],
      ['role', 'Role', ''],
      ['type', 'Type', ''],
      ['level', 'Level', ''],
    ],
  ],
  [
    'windowsOptions',
    'WindowsOptions',
    null,
    [
      ['gmsaCredentialSpecName', 'GMSACredentialSpecName', null],
      ['gmsaCredentialSpec', 'GMSACredentialSpec', null],
      ['runAsUserName', 'RunAsUserName', null],
      ['hostProcess', 'HostProcess', null],
    ],
  ],
  ['runAsUser', 'RunAsUser', null],
  ['runAsGroup', 'RunAsGroup', null],
  ['runAsNonRoot', 'RunAsNonRoot', null],
  ['readOnlyRootFilesystem', 'ReadOnlyRootFilesystem', null],
  ['allowPrivilegeEscalation', 'AllowPrivilegeEscalation', null],
  ['procMount', 'ProcMount', null],
  ['seccompProfile', 'SeccompProfile', null, seccompShape],
  ['appArmorProfile', 'AppArmorProfile', null, seccompShape],
];
