/**
 * The formats of names, keys and values that Kubernetes knows. Each check answers with upstream's messages, without the
 * field; an empty list means the value is right.
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
 */

const dns1123Label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const dns1123Subdomain = `${dns1123Label}(\\.${dns1123Label})*`;
const dns1035Label = '[a-z]([-a-z0-9]*[a-z0-9])?';
const labelKey = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = `(${labelKey})?`;
const configMapKey = '[-._a-zA-Z0-9]+';
const envVarName = '[-._a-zA-Z][-._a-zA-Z0-9]*';
const cIdentifier = '[A-Za-z_][A-Za-z0-9_]*';
const percent = '[0-9]+%';
const httpHeaderName = '[-A-Za-z0-9]+';
const underscoreLabel = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const underscoreSubdomain = `${underscoreLabel}(\\.${underscoreLabel})*`;
const wildcardSubdomain = `\\*\\.${dns1123Subdomain}`;
const httpPath = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";

/** Dollar in JavaScript also needs no trailing newline without the m flag, as in Go. */
const whole = (pattern: string): RegExp => new RegExp(`^${pattern}$`);
const dns1123LabelPattern = whole(dns1123Label);
const dns1123SubdomainPattern = whole(dns1123Subdomain);
const dns1035LabelPattern = whole(dns1035Label);
const labelKeyPattern = whole(labelKey);
const labelValuePattern = whole(labelValue);
const configMapKeyPattern = whole(configMapKey);
const envVarNamePattern = whole(envVarName);
const cIdentifierPattern = whole(cIdentifier);
const percentPattern = whole(percent);
const httpHeaderNamePattern = whole(httpHeaderName);
const underscoreSubdomainPattern = whole(underscoreSubdomain);
const wildcardSubdomainPattern = whole(wildcardSubdomain);
const httpPathPattern = whole(httpPath);

const labelText =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const subdomainText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const dns1035Text =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
const labelKeyText =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const labelValueText = `a valid label must be an empty string or consist of ${labelKeyText.slice('must consist of '.length)}`;

/** Bytes of UTF-8, which is what upstream's limits count. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    if (code < 0x800) length += 1;
    else if (code >= 0xd800 && code < 0xdc00) {
      length += 2;
      i++;
    } else length += 2;
  }
  return length;
}

export function maxLengthMessage(length: number): string {
  return `must be no more than ${length} characters`;
}

/** The same limit in the words of label keys and values. */
function maxBytesMessage(length: number): string {
  return `must be no more than ${length} bytes`;
}

/** A message that names the pattern; the odd spacing between examples is upstream's. */
export function patternMessage(message: string, pattern: string, ...examples: readonly string[]): string {
  if (examples.length === 0) return `${message} (regex used for validation is '${pattern}')`;
  const list = examples.map((example) => `'${example}', `).join(' or ');
  return `${message} (e.g. ${list}regex used for validation is '${pattern}')`;
}

export function rangeMessage(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`;
}

const none: string[] = [];

/** One DNS label in lower case: namespaces, container names, port names of probes. */
export function isDNS1123Label(value: string): string[] {
  const isRight = dns1123LabelPattern.test(value);
  if (isRight && value.length <= 63) return none;
  const messages = value.length > 63 ? [maxLengthMessage(63)] : [];
  if (isRight) return messages;
  if (dns1123SubdomainPattern.test(value)) messages.push('must not contain dots');
  else messages.push(patternMessage(labelText, dns1123Label, 'my-name', '123-abc'));
  return messages;
}

/** Labels joined by dots: the name of most objects. */
export function isDNS1123Subdomain(value: string): string[] {
  const isRight = dns1123SubdomainPattern.test(value);
  if (isRight && value.length <= 253) return none;
  const messages = utf8Length(value) > 253 ? [maxLengthMessage(253)] : [];
  if (!isRight) messages.push(patternMessage(subdomainText, dns1123Subdomain, 'example.com'));
  return messages;
}

export function isDNS1123SubdomainWithUnderscore(value: string): string[] {
  const messages = utf8Length(value) > 253 ? [maxLengthMessage(253)] : [];
  if (!underscoreSubdomainPattern.test(value)) {
    const text = subdomainText.replace("'-' or '.'", "'_', '-' or '.'");
    messages.push(patternMessage(text, underscoreSubdomain, 'example.com'));
  }
  return messages;
}

/** A label that starts with a letter: Services. */
export function isDNS1035Label(value: string): string[] {
  const messages = utf8Length(value) > 63 ? [maxLengthMessage(63)] : [];
  if (!dns1035LabelPattern.test(value)) messages.push(patternMessage(dns1035Text, dns1035Label, 'my-name', 'abc-123'));
  return messages;
}

export function isWildcardDNS1123Subdomain(value: string): string[] {
  const messages = utf8Length(value) > 253 ? [maxLengthMessage(253)] : [];
  if (!wildcardSubdomainPattern.test(value)) {
    const text =
      "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
    messages.push(patternMessage(text, wildcardSubdomain, '*.example.com'));
  }
  return messages;
}

/** An optional DNS prefix and a name: label keys, finalizers, resource names. */
export function isQualifiedName(value: string): string[] {
  const slash = value.indexOf('/');
  if (slash >= 0 && value.indexOf('/', slash + 1) >= 0) {
    const text = patternMessage(labelKeyText, labelKey, 'MyName', 'my.name', '123-abc');
    return [`a valid label key ${text} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const name = slash < 0 ? value : value.slice(slash + 1);
  const prefixMessages = slash < 0 ? none : qualifiedPrefix(value.slice(0, slash));
  const isRight = labelKeyPattern.test(name);
  if (isRight && name.length <= 63 && prefixMessages.length === 0) return none;
  const messages = [...prefixMessages];
  if (name.length === 0) messages.push('name part must be non-empty');
  else if (utf8Length(name) > 63) messages.push(`name part ${maxBytesMessage(63)}`);
  if (!isRight) messages.push(`name part ${patternMessage(labelKeyText, labelKey, 'MyName', 'my.name', '123-abc')}`);
  return messages;
}

function qualifiedPrefix(prefix: string): string[] {
  if (prefix === '') return ['prefix part must be non-empty'];
  return isDNS1123Subdomain(prefix).map((message) =>
    message === maxLengthMessage(253) ? `prefix part ${maxBytesMessage(253)}` : `prefix part ${message}`,
  );
}

export function isLabelValue(value: string): string[] {
  const isRight = labelValuePattern.test(value);
  if (isRight && value.length <= 63) return none;
  const messages = utf8Length(value) > 63 ? [maxBytesMessage(63)] : [];
  if (!isRight) messages.push(patternMessage(labelValueText, labelValue, 'MyValue', 'my_value', '12345'));
  return messages;
}

/** A key of a ConfigMap or Secret, which becomes a file name. */
export function isConfigMapKey(value: string): string[] {
  const messages = utf8Length(value) > 253 ? [maxLengthMessage(253)] : [];
  if (!configMapKeyPattern.test(value)) {
    const text = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    messages.push(patternMessage(text, configMapKey, 'key.name', 'KEY_NAME', 'key-name'));
  }
  return messages.concat(parentFolderMessages(value));
}

function parentFolderMessages(value: string): string[] {
  if (value === '.') return ["must not be '.'"];
  if (value === '..') return ["must not be '..'"];
  return value.startsWith('..') ? ["must not start with '..'"] : none;
}

export function isEnvVarName(value: string): string[] {
  const messages: string[] = [];
  if (!envVarNamePattern.test(value)) {
    const text =
      "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit";
    messages.push(patternMessage(text, envVarName, 'my.env-name', 'MY_ENV.NAME', 'MyEnvName1'));
  }
  return messages.concat(parentFolderMessages(value));
}

/** What v1.30 and later accept: any printable ASCII without '='. */
export function isRelaxedEnvVarName(value: string): string[] {
  if (value === '') return ['environment variable name must be non-empty'];
  if (/^[ -<>-~]*$/.test(value)) return none;
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

export function isCIdentifier(value: string): string[] {
  if (cIdentifierPattern.test(value)) return none;
  const text =
    "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'";
  return [patternMessage(text, cIdentifier, 'my_name', 'MY_NAME', 'MyName')];
}

export function isValidPercent(value: string): string[] {
  if (percentPattern.test(value)) return none;
  const text = "a valid percent string must be a numeric string followed by an ending '%'";
  return [patternMessage(text, percent, '1%', '93%')];
}

export function isHTTPHeaderName(value: string): string[] {
  if (httpHeaderNamePattern.test(value)) return none;
  const text = "a valid HTTP header must consist of alphanumeric characters or '-'";
  return [patternMessage(text, httpHeaderName, 'X-Header-Name')];
}

export function isHTTPPath(value: string): string[] {
  return httpPathPattern.test(value) ? none : [patternMessage('Invalid path', httpPath)];
}

export function isValidPortNumber(port: number): string[] {
  return port >= 1 && port <= 65535 ? none : [rangeMessage(1, 65535)];
}

export function isInRange(value: number, low: number, high: number): string[] {
  return value >= low && value <= high ? none : [rangeMessage(low, high)];
}

/** An IANA service name of at most 15 characters. */
export function isValidPortName(name: string): string[] {
  const messages: string[] = [];
  if (utf8Length(name) > 15) messages.push(maxLengthMessage(15));
  if (!/^[-a-z0-9]+$/.test(name))
    messages.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(name)) messages.push('must contain at least one letter (a-z)');
  if (name.includes('--')) messages.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) messages.push('must not begin or end with a hyphen');
  return messages;
}

/** A name that goes into URLs: RBAC objects. `prefix` allows what a suffix will make right. */
export function isPathSegmentName(name: string, prefix = false): string[] {
  if (!prefix && (name === '.' || name === '..')) return [`may not be '${name}'`];
  return ['/', '%'].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`);
}

/** A trailing dash of a generateName will be followed by a suffix; it is masked exactly as upstream does. */
function maskTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
}

export function nameIsDNSSubdomain(name: string, prefix: boolean): string[] {
  return isDNS1123Subdomain(prefix ? maskTrailingDash(name) : name);
}

export function nameIsDNSLabel(name: string, prefix: boolean): string[] {
  return isDNS1123Label(prefix ? maskTrailingDash(name) : name);
}

export function nameIsDNS1035Label(name: string, prefix: boolean): string[] {
  return isDNS1035Label(prefix ? maskTrailingDash(name) : name);
}
