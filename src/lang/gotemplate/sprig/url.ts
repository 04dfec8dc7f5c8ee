/** sprig's urlParse and urlJoin: Go's net/url, its escapes and its complaints. */
import { fromBytes, toBytes } from '#lang/gotemplate/bytes.ts';
import { goQuote } from '#lang/gotemplate/quote.ts';
import { mapOf } from '#lang/gotemplate/sprig/deep.ts';
import { CallError, fn, typeName } from '#lang/gotemplate/value.ts';
import type { GoFunction, GoMap, GoValue } from '#lang/gotemplate/value.ts';

export const urlFunctions: [string, GoFunction][] = [
  ['urlParse', fn('string', urlParse)],
  ['urlJoin', fn('map', urlJoin)],
];

type Mode = 'path' | 'userinfo' | 'host' | 'zone' | 'fragment';

interface Url {
  scheme: string;
  opaque: string;
  userinfo: string;
  host: string;
  path: string;
  query: string;
  fragment: string;
}

class UrlProblem extends Error {}

function urlParse(text: string): GoValue {
  const { fragment, ...url } = parsed(text, 'unable to parse url');
  const hostname = url.host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/s, '$1');
  return mapOf(Object.entries({ ...url, fragment, hostname }));
}

function parsed(text: string, what: string): Url {
  const [before, fragment] = cut(text, '#');
  let shown = before;
  try {
    const url = parse(before);
    shown = text;
    return { ...url, fragment: unescaped(fragment ?? '', 'fragment') };
  } catch (error) {
    if (!(error instanceof UrlProblem)) throw error;
    throw new CallError(`${what}: parse ${goQuote(shown)}: ${error.message}`);
  }
}

function cut(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

function parse(text: string): Url {
  // oxlint-disable-next-line no-control-regex
  if (/[\0-\x1f\x7f]/.test(text)) throw new UrlProblem('net/url: invalid control character in URL');
  if (text.startsWith(':')) throw new UrlProblem('missing protocol scheme');
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1] ?? '';
  const behind = scheme === '' ? text : text.slice(scheme.length + 1);
  const [rest, query = ''] = cut(behind, '?');
  const url: Url = { scheme: scheme.toLowerCase(), opaque: '', userinfo: '', host: '', path: '', query, fragment: '' };
  if (!rest.startsWith('/')) {
    if (scheme !== '') return { ...url, opaque: rest };
    if (cut(rest, '/')[0].includes(':')) {
      throw new UrlProblem('first path segment in URL cannot contain colon');
    }
  }
  if (!rest.startsWith('//') || (scheme === '' && rest.startsWith('///')))
    return { ...url, path: unescaped(rest, 'path') };
  const [authority, path] = cut(rest.slice(2), '/');
  return { ...url, ...parseAuthority(authority), path: path === undefined ? '' : unescaped(`/${path}`, 'path') };
}

function parseAuthority(authority: string): Pick<Url, 'host' | 'userinfo'> {
  const at = authority.lastIndexOf('@');
  const host = parseHost(authority.slice(at + 1));
  if (at < 0) return { host, userinfo: '' };
  const userinfo = authority.slice(0, at);
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(userinfo)) throw new UrlProblem('net/url: invalid userinfo');
  const [name, password] = cut(userinfo, ':');
  const again = (part: string): string => escaped(unescaped(part, 'userinfo'), 'userinfo');
  return { host, userinfo: password === undefined ? again(name) : `${again(name)}:${again(password)}` };
}

function parseHost(host: string): string {
  const close = host.lastIndexOf(']');
  if (host.startsWith('[') && close < 0) throw new UrlProblem("missing ']' in host");
  const colon = host.lastIndexOf(':');
  const port = host.startsWith('[') ? host.slice(close + 1) : colon < 0 ? '' : host.slice(colon);
  if (!/^(?::\d*)?$/.test(port)) throw new UrlProblem(`invalid port ${goQuote(port)} after host`);
  const zone = host.startsWith('[') ? host.slice(0, close).indexOf('%25') : -1;
  if (zone < 0) return unescaped(host, 'host');
  return (
    unescaped(host.slice(0, zone), 'host') +
    unescaped(host.slice(zone, close), 'zone') +
    unescaped(host.slice(close), 'host')
  );
}

function mustEscape(char: string, mode: Mode): boolean {
  if (/[A-Za-z0-9\-_.~]/.test(char)) return false;
  if (mode === 'host' || mode === 'zone') return !'!$&\'()*+,;=:[]<>"'.includes(char);
  if ('$&+,/:;=?@'.includes(char)) {
    if (mode === 'path') return char === '?';
    return mode === 'userinfo' && '@/?:'.includes(char);
  }
  return !(mode === 'fragment' && '!()*'.includes(char));
}

function unescaped(text: string, mode: Mode): string {
  const bytes: number[] = [];
  const source = toBytes(text);
  for (let i = 0; i < source.length; i++) {
    const byte = source[i] as number;
    if (byte !== 0x25) {
      const char = String.fromCharCode(byte);
      if ((mode === 'host' || mode === 'zone') && byte < 0x80 && mustEscape(char, mode)) {
        throw new UrlProblem(`invalid character ${goQuote(char)} in host name`);
      }
      bytes.push(byte);
      continue;
    }
    bytes.push(escapedByte(fromBytes(source.subarray(i, i + 3)), mode));
    i += 2;
  }
  return fromBytes(Uint8Array.from(bytes));
}

function escapedByte(escape: string, mode: Mode): number {
  const value = Number.parseInt(escape.slice(1), 16);
  let isBad = !/^%[0-9a-fA-F]{2}$/.test(escape);
  if (mode === 'host' && value < 0x80 && escape !== '%25') isBad = true;
  if (mode === 'zone' && escape !== '%25' && value !== 0x20 && mustEscape(String.fromCharCode(value), 'host'))
    isBad = true;
  if (isBad) throw new UrlProblem(`invalid URL escape ${goQuote(escape)}`);
  return value;
}

function escaped(text: string, mode: Mode): string {
  let result = '';
  for (const byte of toBytes(text)) {
    const char = String.fromCharCode(byte);
    const isEscaped = byte >= 0x80 || mustEscape(char, mode);
    result += isEscaped ? `%${byte.toString(16).toUpperCase().padStart(2, '0')}` : char;
  }
  return result;
}

function urlJoin(map: GoMap): GoValue {
  const part = (key: string): string => {
    const value = Object.hasOwn(map, key) ? map[key] : '';
    if (typeof value === 'string') return value;
    const found = value === null || value === undefined ? '<nil>' : typeName(value);
    throw new CallError(`unable to parse ${key} key, must be of type string, but ${found} found`);
  };
  const [scheme, host, path] = [part('scheme'), part('host'), part('path')];
  const [query, opaque, fragment] = [part('query'), part('opaque'), part('fragment')];
  const given = part('userinfo');
  const user = given === '' ? '' : parsed(`proto://${given}@host`, 'unable to parse userinfo in dict').userinfo;
  const lead = scheme === '' ? '' : `${scheme}:`;
  const tail = (query === '' ? '' : `?${query}`) + (fragment === '' ? '' : `#${escaped(fragment, 'fragment')}`);
  if (opaque !== '') return lead + opaque + tail;
  const hasAuthority = (lead !== '' || host !== '' || given !== '') && (host !== '' || path !== '' || given !== '');
  const authority = hasAuthority ? `//${given === '' ? '' : `${user}@`}${escaped(host, 'host')}` : '';
  return lead + authority + shownPath(path, lead + authority, host) + tail;
}

/** A path that would be taken for something else gets a slash, or `./`. */
function shownPath(path: string, before: string, host: string): string {
  const text = path === '*' ? path : escaped(path, 'path');
  if (text !== '' && !text.startsWith('/') && host !== '') return `/${text}`;
  return before === '' && cut(text, '/')[0].includes(':') ? `./${text}` : text;
}
