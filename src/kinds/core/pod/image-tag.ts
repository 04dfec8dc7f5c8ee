/**
 * The tag of an image's name, which decides whether a node asks for the image anew each time.
 * @see https://kubernetes.io/docs/concepts/containers/images/#imagepullpolicy-defaulting
 */
const host =
  '(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\\[[a-fA-F0-9:]+\\])';
const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
/** Characters of the path without the registry. */
const maxPath = 255;
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[a-fA-F0-9]{32,}';
const reference = new RegExp(
  `^(?:${host}(?::[0-9]+)?/)?(${component}(?:/${component})*)(?::(\\w[\\w.-]{0,127}))?(@${digest})?$`,
);

/** `latest` if there is neither tag nor digest; undefined if there is only a digest, or if the name cannot be read. */
export function imageTag(image: string): string | undefined {
  if (/^[a-f0-9]{64}$/.test(image)) return undefined;
  const match = reference.exec(withDomain(image));
  if (match === null || (match[1] ?? '').length > maxPath) return undefined;
  return match[2] ?? (match[3] === undefined ? 'latest' : undefined);
}

/** A first part without dot, colon or capital is no domain. */
function withDomain(image: string): string {
  const slash = image.indexOf('/');
  const first = slash < 0 ? '' : image.slice(0, slash);
  const isDomain = /[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first;
  return isDomain ? image : `docker.io/${slash < 0 ? 'library/' : ''}${image}`;
}
