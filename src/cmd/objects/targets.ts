/** The arguments of a verb: `pods`, `pods,services`, `pod a b`, `pod/a deploy/b`, `all`. */
import { Failure } from '#cmd/failure.ts';
import { type ApiResource, resourceNamed } from '#cmd/objects/api-resources.ts';

export interface Target {
  readonly resource: ApiResource;
  /** Undefined: all of them. */
  readonly names: readonly string[] | undefined;
}

/** In the order given, one target per kind and run of names. Throws kubectl's sentences. */
export function targetsOf(resources: readonly ApiResource[], words: readonly string[]): Target[] {
  if (words.some((word) => word.includes('/'))) return slashed(resources, words);
  const [types = '', ...names] = words;
  if (types === '') throw new Failure('You must specify the type of resource');
  const kinds = types.split(',').flatMap((word) => kindsOf(resources, word));
  if (names.length > 0 && types.includes(',') && kinds.length > 1)
    return kinds.map((resource) => ({ resource, names }));
  return kinds.map((resource) => ({ resource, names: names.length === 0 ? undefined : names }));
}

/** A category (`all`) stands for its kinds. */
function kindsOf(resources: readonly ApiResource[], word: string): ApiResource[] {
  const members = resources.filter((resource) => resource.categories.includes(word));
  const isFirstVersion = (one: ApiResource): boolean =>
    members.find((other) => other.group === one.group && other.plural === one.plural) === one;
  return members.length > 0 ? members.filter(isFirstVersion) : [resourceNamed(resources, word)];
}

function slashed(resources: readonly ApiResource[], words: readonly string[]): Target[] {
  const targets: { resource: ApiResource; names: string[] }[] = [];
  for (const word of words) {
    const [type = '', name = '', ...rest] = word.split('/');
    if (name === '' || type === '' || rest.length > 0)
      throw new Failure(
        words.length > 1 && !word.includes('/')
          ? `there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'wheelhouse get resource/<resource_name>' instead of 'wheelhouse get resource resource/<resource_name>'`
          : `arguments in resource/name form must have a single resource and name`,
      );
    const resource = resourceNamed(resources, type);
    const last = targets.at(-1);
    if (last?.resource === resource) last.names.push(name);
    else targets.push({ resource, names: [name] });
  }
  return targets;
}
