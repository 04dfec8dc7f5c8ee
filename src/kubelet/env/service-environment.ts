/** `{SVCNAME}_SERVICE_HOST` and Docker's link variables of the Services a pod sees; pure. */
import type { Service } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';

/** Services of the pod's namespace if `enableLinks`; the API server's own (default/kubernetes) always. */
export function serviceEnvironment(
  services: Iterable<DeepReadonly<Service>>,
  namespace: string,
  enableLinks: boolean,
): Map<string, string> {
  const chosen = new Map<string, DeepReadonly<Service>>();
  for (const service of services) {
    const { clusterIP } = service.spec ?? {};
    if (clusterIP === undefined || clusterIP === '' || clusterIP === 'None') continue;
    const { name = '', namespace: own } = service.metadata;
    if (own === namespace && enableLinks) chosen.set(name, service);
    else if (own === 'default' && name === 'kubernetes' && !chosen.has(name)) chosen.set(name, service);
  }
  const variables = new Map<string, string>();
  for (const service of chosen.values()) addVariables(variables, service);
  return variables;
}

function addVariables(variables: Map<string, string>, service: DeepReadonly<Service>): void {
  const prefix = variableName(service.metadata.name ?? '');
  const host = service.spec?.clusterIP ?? '';
  const ports = service.spec?.ports ?? [];
  variables.set(`${prefix}_SERVICE_HOST`, host);
  variables.set(`${prefix}_SERVICE_PORT`, String(ports[0]?.port ?? ''));
  for (const port of ports)
    if (port.name !== undefined && port.name !== '')
      variables.set(`${prefix}_SERVICE_PORT_${variableName(port.name)}`, String(port.port));
  const bracketed = host.includes(':') ? `[${host}]` : host;
  for (const [index, port] of ports.entries()) {
    const protocol = port.protocol ?? 'TCP';
    const url = `${protocol.toLowerCase()}://${bracketed}:${port.port}`;
    if (index === 0) variables.set(`${prefix}_PORT`, url);
    const portPrefix = `${prefix}_PORT_${port.port}_${protocol}`;
    variables.set(portPrefix, url);
    variables.set(`${portPrefix}_PROTO`, protocol.toLowerCase());
    variables.set(`${portPrefix}_PORT`, String(port.port));
    variables.set(`${portPrefix}_ADDR`, host);
  }
}

function variableName(name: string): string {
  return name.replaceAll('-', '_').toUpperCase();
}
