/**
 * The house as data: which room may import which. tools/tidy.test.ts holds the tree to it.
 * A key is a path prefix below src/ (the longest match counts); `packages` are npm packages; `node` allows node:*.
 */
export interface Layer {
  readonly purpose: string;
  readonly imports: readonly string[];
  readonly packages?: readonly string[];
  readonly node?: true;
}

const everything = [
  'base',
  'lang',
  'wire',
  'api',
  'storage',
  'client',
  'controller',
  'kinds',
  'apiserver',
  'scheduler',
  'kubelet',
  'proxy',
  'dns',
  'platform',
  'sim',
  'cluster',
  'host',
  'testing',
  'cmd',
];

export const layers: Readonly<Record<string, Layer>> = {
  base: { purpose: 'ports and small tools without any Kubernetes in them', imports: [] },
  lang: {
    purpose: 'small languages: parser and evaluator each',
    imports: ['base'],
    packages: ['js-yaml', 'smol-toml', '@bufbuild/re2'],
  },
  wire: { purpose: 'bytes to values and back, no sockets', imports: ['base'], packages: ['protobufjs', 'dns-packet'] },
  api: { purpose: 'what server, client and controllers agree on', imports: ['base', 'lang', 'wire'] },
  storage: { purpose: 'the in-memory store over a Backend port', imports: ['base'] },
  client: { purpose: 'client, watch, caches, events, leases, kubeconfig', imports: ['base', 'lang', 'api'] },
  controller: { purpose: 'what every controller is made of', imports: ['base', 'api', 'client'] },
  kinds: {
    purpose: 'every built-in kind, one folder each',
    imports: ['base', 'lang', 'api', 'client', 'controller'],
    packages: ['croner'],
  },
  apiserver: { purpose: 'the API server, which knows no kind', imports: ['base', 'lang', 'wire', 'api', 'storage'] },
  scheduler: {
    purpose: 'pod and snapshot to node',
    imports: ['base', 'lang', 'api', 'client', 'controller', 'kinds/core/pod', 'kinds/core/node'],
  },
  kubelet: {
    purpose: 'pod lifecycle over ports',
    imports: ['base', 'lang', 'api', 'client', 'kinds/core/pod', 'kinds/core/node'],
  },
  proxy: { purpose: 'Services and EndpointSlices to a rule set, a value', imports: ['base', 'api', 'client'] },
  dns: { purpose: 'question to answer', imports: ['base', 'wire', 'api', 'client'] },
  platform: {
    purpose: 'clients of any Kubernetes API',
    imports: ['base', 'lang', 'wire', 'api', 'client', 'controller'],
    packages: ['ajv', 'ajv-draft-04', 'jose', '@bufbuild/re2', 'openpgp', 'js-yaml'],
  },
  sim: {
    purpose: 'the simulated world',
    imports: [
      'base',
      'lang',
      'wire',
      'api',
      'storage',
      'client',
      'controller',
      'kubelet',
      'proxy',
      'kinds/core/pod',
      'kinds/core/node',
    ],
  },
  cluster: {
    purpose: 'composes a cluster from ports',
    imports: [
      'base',
      'lang',
      'wire',
      'api',
      'storage',
      'client',
      'controller',
      'kinds',
      'apiserver',
      'scheduler',
      'kubelet',
      'proxy',
      'dns',
      'sim',
    ],
    packages: ['jose'],
  },
  host: {
    purpose: 'touches the machine',
    imports: ['base', 'lang', 'wire', 'api', 'storage', 'client', 'kubelet', 'proxy', 'dns'],
    packages: ['@grpc/grpc-js', 'ws', 'pino', 'tar-stream', 'bcryptjs', 'openpgp', 'protobufjs', 'jose'],
    node: true,
  },
  testing: { purpose: "createCluster() for users' tests", imports: everything, node: true },
  cmd: {
    purpose: 'the command line and the choice of ports',
    imports: everything,
    packages: ['@stricli/core', 'pino'],
    node: true,
  },
};

/** Within kinds/: a role may import what its layer may, less the right-hand side. */
export const roles: Readonly<Record<string, readonly string[]>> = {
  'resource.ts': ['client', 'controller'],
};
