import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nodeTemplatePorts } from '#host/template-crypto.ts';
import { helmFunctions } from '#lang/gotemplate/sprig/helm.ts';
import { TemplateError, TemplateSet, defaultLimits } from '#lang/gotemplate/template.ts';

const functions = helmFunctions(nodeTemplatePorts());
const slow = /^(?:gen|derive|bcrypt|htpasswd|build|encrypt|decrypt|rand)/;
const names = [...functions.keys()].filter((name) => !slow.test(name));
const values = { s: 'héllo', n: 3, f: 1e6, t: true, nil: null, l: ['a', 1, null], m: { k: 'v', d: { e: [] } } };
const pieces = [
  ...'{{ }} {{- -}} ( ) | . $ $x := = , " ` \' \\ /* */ \n'.split(' '),
  ...'end if else range with define template block break continue nil true'.split(' ').map((word) => ` ${word} `),
  '.Values.s',
  '.Values.l',
  '.Values.m',
  '.Values.nil',
  '.Values.m.d.e',
  '1',
  '-1',
  '2.5',
  '"x"',
  '(list 1 "a" nil)',
  '(dict "a" 1)',
  '{{ end }}',
  '{{ . }}',
  '{{ range .Values.l }}',
  '{{ if .Values.t }}',
  'é',
  '\udc80',
];
const template = fc.array(fc.constantFrom(...pieces, ...names.map((name) => ` ${name} `)), { maxLength: 25 });
const argument = fc.constantFrom(...pieces.filter((piece) => /^[."(\d-]/.test(piece) && piece.length > 1));
const call = fc
  .tuple(fc.constantFrom(...names), fc.array(argument, { maxLength: 4 }))
  .map(([name, args]) => `{{ ${name} ${args.join(' ')} }}`);

/** Whatever the text: an output, or an error with Go's beginning. */
function holds(text: string): void {
  const limits = { ...defaultLimits, steps: 100_000, outputBytes: 1_000_000 };
  try {
    const set = new TemplateSet(functions, { missingKey: 'zero', limits });
    set.parse('t', text);
    assert.equal(typeof set.execute('t', { Values: values }), 'string');
  } catch (error) {
    assert.ok(error instanceof TemplateError, `${JSON.stringify(text)}: ${(error as Error).stack}`);
    assert.match(error.message, /^template: /, text);
  }
}

test('any text renders or ends with an error of the template language', () => {
  fc.assert(
    fc.property(template, (parts) => holds(parts.join(''))),
    { numRuns: 1500, seed: 1 },
  );
});

test('any function with any arguments gives a value or names its call in an error', () => {
  fc.assert(fc.property(call, holds), { numRuns: 1500, seed: 2 });
});
