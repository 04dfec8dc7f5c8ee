/** Chart.yaml, requirements.yaml and lock files: read as Go reads them into its structs, then judged. */
import { rawSource } from '#base/exact-json.ts';
import { YamlError, loadYaml } from '#lang/yaml/to-json.ts';
import { isValidVersion } from '#lang/semver/version.ts';
import type { Dependency, Lock, Maintainer, Metadata } from '#platform/charts/chart.ts';
import { ChartError } from '#platform/charts/chart.ts';
import { normalizeTime, zeroTime } from '#platform/charts/go-time.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Reads Chart.yaml. Throws {@link ChartError}. */
export function parseMetadata(text: string): Metadata {
  return readMetadata(readFields(text, 'Chart.yaml', 'chart.Metadata'), ownFile);
}

/** Where fields stand: Go's reader of an index takes no number for a text, and names more of the path. */
interface Place {
  readonly strict: boolean;
  /** Between the struct's name and the field's. */
  readonly path: string;
}

const ownFile: Place = { strict: false, path: '' };
const inIndex: Place = { strict: true, path: 'entries.Metadata.' };

/** Chart.yaml's fields of an index's entry; others are passed over. Throws YamlError if one is of another type. */
export function readIndexMetadata(fields: Fields): Metadata {
  return readMetadata(fields, inIndex);
}

function readMetadata(fields: Fields, place: Place): Metadata {
  const read = new Reader(fields, place.strict ? 'ChartVersion' : 'Metadata', place);
  return {
    name: read.text('name'),
    home: read.text('home'),
    sources: read.texts('sources'),
    version: read.text('version'),
    description: read.text('description'),
    keywords: read.texts('keywords'),
    maintainers: read.list('maintainers')?.map((value) => maintainerOf(value, place)),
    icon: read.text('icon'),
    apiVersion: read.text('apiVersion') || 'v1',
    condition: read.text('condition'),
    tags: read.text('tags'),
    appVersion: read.text('appVersion'),
    deprecated: read.bool('deprecated'),
    annotations: read.textMap('annotations'),
    kubeVersion: read.text('kubeVersion'),
    dependencies: read.list('dependencies')?.map((value) => dependencyOf(value, place)),
    type: read.text('type'),
  };
}

/** The metadata of a chart without Chart.yaml, before that is found out. */
export function emptyMetadata(): Metadata {
  return { ...parseMetadata('{}'), apiVersion: '' };
}

/** The dependencies of requirements.yaml; undefined if it names none. Throws {@link ChartError}. */
export function parseRequirements(text: string): Dependency[] | undefined {
  const fields = readFields(text, 'requirements.yaml', 'chart.Metadata');
  const list = new Reader(fields, 'Metadata', ownFile).list('dependencies');
  return list?.map((value) => dependencyOf(value, ownFile));
}

/** Reads Chart.lock or requirements.lock. Throws {@link ChartError}. */
export function parseLock(text: string, file: string): Lock {
  const fields = readFields(text, file, 'chart.Lock');
  const read = new Reader(fields, 'Lock', ownFile);
  return {
    generated: normalizeTime(read.text('generated')) ?? zeroTime,
    digest: read.text('digest'),
    dependencies: read.list('dependencies')?.map((value) => dependencyOf(value, ownFile)),
  };
}

function readFields(text: string, file: string, goType: string): Fields {
  try {
    const value = loadYaml(text);
    if (value === undefined || value === null) return {};
    if (isFields(value)) return value;
    throw new YamlError(`json: cannot unmarshal ${jsonKind(value)} into Go value of type ${goType}`);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new ChartError(`cannot load ${file}: ${unmarshalMessage(error.message)}`);
  }
}

/** The prefix that sigs.k8s.io/yaml puts before what either of its two steps says. */
export function unmarshalMessage(message: string): string {
  return message.startsWith('json:')
    ? `error unmarshaling JSON: while decoding JSON: ${message}`
    : `error converting YAML to JSON: ${message}`;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && rawSource(value) === undefined;
}

/** Reads the fields of one struct; scalars of any type serve as text. */
class Reader {
  readonly #fields: Fields;
  readonly #type: string;
  readonly #place: Place;

  constructor(fields: Fields, type: string, place: Place) {
    this.#fields = fields;
    this.#type = type;
    this.#place = place;
  }

  text(name: string): string {
    const value = this.#fields[name];
    return value === undefined || value === null ? '' : this.#scalar(value, name);
  }

  #scalar(value: unknown, name: string): string {
    if (typeof value === 'string') return value;
    if (this.#place.strict) return this.#fail(value, name, 'string');
    if (typeof value === 'boolean') return String(value);
    if (typeof value === 'number') return numberText(value);
    return rawSource(value) ?? this.#fail(value, name, 'string');
  }

  bool(name: string): boolean {
    const value = this.#fields[name];
    if (value === undefined || value === null) return false;
    return typeof value === 'boolean' ? value : this.#fail(value, name, 'bool');
  }

  list(name: string): unknown[] | undefined {
    const value = this.#fields[name];
    if (value === undefined || value === null) return undefined;
    return Array.isArray(value) ? value : this.#fail(value, name, goLists[name] ?? '[]string');
  }

  texts(name: string): string[] | undefined {
    return this.list(name)?.map((value) => (value === null ? '' : this.#scalar(value, name)));
  }

  textMap(name: string): Record<string, string> | undefined {
    const value = this.#fields[name];
    if (value === undefined || value === null) return undefined;
    if (!isFields(value)) return this.#fail(value, name, 'map[string]string');
    return Object.fromEntries(
      Object.entries(value).map(([key, field]) => [key, field === null ? '' : this.#scalar(field, name)]),
    );
  }

  #fail(value: unknown, name: string, wanted: string): never {
    const field = `${this.#type}.${this.#place.path}${name}`;
    throw new YamlError(`json: cannot unmarshal ${jsonKind(value)} into Go struct field ${field} of type ${wanted}`);
  }
}

const goLists: Readonly<Record<string, string>> = {
  maintainers: '[]*chart.Maintainer',
  dependencies: '[]*chart.Dependency',
  'import-values': '[]interface {}',
};

function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return isFields(value) ? 'object' : typeof value === 'string' ? 'string' : 'number';
}

/** Go's shortest form of a float64 (`%g`); whole numbers as they are. */
function numberText(value: number): string {
  if (Number.isInteger(value)) return BigInt(value).toString();
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string];
  const power = Number(exponent);
  if (power >= -4 && power < 21) return String(value);
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

function inside(place: Place, list: string): Place {
  return place.strict ? { strict: true, path: `${place.path}${list}.` } : place;
}

function maintainerOf(value: unknown, place: Place): Maintainer {
  if (value === null) throw new ChartError('validation: maintainers must not contain empty or null nodes');
  const read = new Reader(isFields(value) ? value : {}, 'Maintainer', inside(place, 'maintainers'));
  return { name: read.text('name'), email: read.text('email'), url: read.text('url') };
}

function dependencyOf(value: unknown, place: Place): Dependency {
  if (value === null) throw new ChartError('validation: dependencies must not contain empty or null nodes');
  const read = new Reader(isFields(value) ? value : {}, 'Dependency', inside(place, 'dependencies'));
  return {
    name: read.text('name'),
    version: read.text('version'),
    repository: read.text('repository'),
    condition: read.text('condition'),
    tags: read.texts('tags') ?? [],
    enabled: read.bool('enabled'),
    importValues: read.list('import-values') ?? [],
    alias: read.text('alias'),
  };
}

const textFields = [
  'name',
  'description',
  'home',
  'icon',
  'condition',
  'tags',
  'appVersion',
  'kubeVersion',
] as const satisfies readonly (keyof Metadata)[];

/** Cleans the texts of unprintable characters, then checks the rules. Throws {@link ChartError}. */
export function validateMetadata(metadata: Metadata): void {
  for (const field of textFields) metadata[field] = sanitize(metadata[field]);
  metadata.sources = metadata.sources?.map(sanitize);
  metadata.keywords = metadata.keywords?.map(sanitize);
  const { name, version, type } = metadata;
  if (metadata.apiVersion === '') fail('chart.metadata.apiVersion is required');
  if (name === '') fail('chart.metadata.name is required');
  if (name === '.' || name === '..') fail(`chart.metadata.name ${JSON.stringify(name)} is not allowed`);
  if (name.includes('/')) fail(`chart.metadata.name ${JSON.stringify(name)} is invalid`);
  if (version === '') fail('chart.metadata.version is required');
  if (!isValidVersion(version)) fail(`chart.metadata.version ${JSON.stringify(version)} is invalid`);
  if (type !== '' && type !== 'application' && type !== 'library')
    fail('chart.metadata.type must be application or library');
  for (const maintainer of metadata.maintainers ?? []) {
    maintainer.name = sanitize(maintainer.name);
    maintainer.email = sanitize(maintainer.email);
    maintainer.url = sanitize(maintainer.url);
  }
  validateDependencies(metadata.dependencies ?? []);
}

function validateDependencies(dependencies: readonly Dependency[]): void {
  const seen = new Set<string>();
  for (const dependency of dependencies) {
    dependency.name = sanitize(dependency.name);
    dependency.version = sanitize(dependency.version);
    dependency.repository = sanitize(dependency.repository);
    dependency.condition = sanitize(dependency.condition);
    dependency.tags = dependency.tags.map(sanitize);
    if (!/^[a-zA-Z0-9_-]*$/.test(dependency.alias))
      fail(`dependency ${JSON.stringify(dependency.name)} has disallowed characters in the alias`);
    const key = dependency.alias || dependency.name;
    if (seen.has(key)) fail(`more than one dependency with name or alias ${JSON.stringify(key)}`);
    seen.add(key);
  }
}

function fail(message: string): never {
  throw new ChartError(`validation: ${message}`);
}

function sanitize(text: string): string {
  // Nearly all texts are of these; the expressions below cost milliseconds to compile.
  if (/^[ -~]*$/.test(text)) return text;
  return text.replaceAll(/\s/gu, ' ').replaceAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '');
}
