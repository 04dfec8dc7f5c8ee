import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeTemplatePorts } from '#host/template-crypto.ts';
import { helmFunctions } from '#lang/gotemplate/sprig/helm.ts';
import { LimitError, TemplateSet, defaultLimits } from '#lang/gotemplate/template.ts';
import type { TemplateLimits } from '#lang/gotemplate/template.ts';

const functions = helmFunctions(nodeTemplatePorts());

function render(text: string, limits: Partial<TemplateLimits> = {}): string {
  const set = new TemplateSet(functions, { missingKey: 'zero', limits: { ...defaultLimits, ...limits } });
  set.parse('t', text);
  return set.execute('t', { Values: {} });
}

const double = (what: string): string => `{{ $x := ${what} }}{{ range until 40 }}{{ $x = list $x $x }}{{ end }}`;

/** A template that never ends, or ends the process, without limits; and the words of its error. */
const hostile: Readonly<Record<string, readonly [string, RegExp]>> = {
  'include of itself': [
    '{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}',
    /rendering template has a nested reference name: a: unable to execute template$/,
  ],
  'template of itself': [
    '{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}',
    /exceeded maximum template depth \(100000\)$/,
  ],
  'tpl of itself': ['{{ $t := "{{ tpl .t . }}" }}{{ tpl $t (dict "t" $t) }}', /error calling tpl: stack overflow/],
  'output without end': [
    '{{ range 1000000000 }}{{ repeat 100000 "x" }}{{ end }}',
    /the output is larger than 67108864 bytes$/,
  ],
  'repeat of a billion': [
    '{{ repeat 1000000000 "x" }}',
    /error calling|a text would be longer than 33554432 characters$/,
  ],
  'indent of a million lines': [
    '{{ indent 1000 (repeat 100000 "\\n") }}',
    /a text would be longer than 33554432 characters$/,
  ],
  'until of a billion': ['{{ until 1000000000 }}', /a list would have more than 1000000 elements$/],
  'untilStep of a billion': ['{{ untilStep 0 1000000000 1 }}', /a list would have more than 1000000 elements$/],
  'seq of a billion': ['{{ seq 1000000000 }}', /a list would have more than 1000000 elements$/],
  'widths of printf': [
    '{{ range 100000 }}{{ $x := printf "%1000000d" 1 }}{{ end }}',
    /the templates take more than 50000000 steps$/,
  ],
  'a text doubled': [
    '{{ $x := "x" }}{{ range 99 }}{{ $x = print $x $x }}{{ end }}',
    /a text or list would be too long|more than \d+ steps/,
  ],
  'a list doubled': ['{{ $x := list 1 }}{{ range 99 }}{{ $x = concat $x $x }}{{ end }}', /a list would have more than/],
  'splitList into letters': ['{{ splitList "" (repeat 30000000 "x") }}', /a list would have more than/],
  'replace that explodes': ['{{ $x := repeat 30000 "a" }}{{ replace "a" $x $x }}', /a text would be longer than/],
  'toYaml of a list of lists': [`${double('list 1')}{{ toYaml $x }}`, /a value holds more than 1000000 others$/],
  'toJson of a list of lists': [`${double('list 1')}{{ toJson $x }}`, /a value holds more than 1000000 others$/],
  'toToml of a list of lists': [
    `${double('list 1')}{{ toToml (dict "a" $x) }}`,
    /a value holds more than 1000000 others$/,
  ],
  'print of a list of lists': [`${double('list 1')}{{ $x }}`, /a value holds more than 1000000 others$/],
  'deepCopy of a list of lists': [`${double('list 1')}{{ deepCopy $x }}`, /a value holds more than 1000000 others$/],
  'a map that holds itself': [
    '{{ $x := dict }}{{ $_ := set $x "a" $x }}{{ $_ := set $x "b" $x }}{{ $x }}',
    /a value holds more than 1000000 others$/,
  ],
  'parentheses without end': [`{{ ${'('.repeat(100_000)}`, /^template: t(:1)?: /],
  'actions without end': ['{{ 1 }}'.repeat(200_000), /^a text has more than 500000 tokens$/],
  'YAML without end': ['{{ fromYaml (repeat 1000000 "- [a,b]\\n") }}', /is not read as YAML$/],
  'blocks without end': [
    `${'{{ if 1 }}'.repeat(20_000)}${'{{ end }}'.repeat(20_000)}`,
    /^template: t: nested too deeply$/,
  ],
};

for (const [name, [text, message]] of Object.entries(hostile)) {
  test(`${name} ends with an error`, () => {
    assert.throws(() => render(text), { message });
  });
}

test('a limit names the place where it was crossed', () => {
  assert.throws(() => render('a\n{{ repeat 1000000000 "x" }}'), {
    message:
      'template: t:2:3: executing "t" at <repeat 1000000000 "x">: a text would be longer than 33554432 characters',
  });
});

test('steps are limited', () => {
  assert.throws(() => render('{{ range 1000 }}{{ . }}{{ end }}', { steps: 500 }), LimitError);
  assert.equal(render('{{ range 3 }}{{ . }}{{ end }}', { steps: 500 }), '012');
});

test('bytes of output are limited', () => {
  assert.throws(() => render('{{ range 100 }}0123456789{{ end }}', { outputBytes: 500 }), LimitError);
});

test('time is limited by the clock that is handed in', () => {
  let clock = 0;
  const now = (): number => clock++;
  assert.throws(() => render('{{ range 1000000000 }}{{ end }}', { now, deadline: 10 }), {
    message: /the templates take too long$/,
  });
});

test('an expression that is slow elsewhere takes linear time', () => {
  const text = 'a'.repeat(20_000);
  assert.equal(render(`{{ regexMatch "(a*)*b" "${text}" }}`), 'false');
  assert.equal(render(`{{ regexReplaceAll "(a|aa)+$" "${text}" "b" }}`), 'b');
});
