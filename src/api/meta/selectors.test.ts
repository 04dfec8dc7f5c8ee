import { test } from 'node:test';
import assert from 'node:assert/strict';
import { formatLabelSelector, selectorOf, selectorText, validateLabelSelector } from '#api/meta/label-selector.ts';
import { parseLabelSelector } from '#api/meta/parse-label-selector.ts';
import { fieldSelectorText, matchesFields, parseFieldSelector } from '#api/meta/field-selector.ts';

const printed: readonly [string, string][] = [
  ['', ''],
  ['a=b', 'a=b'],
  ['x in (foo,,baz),y,z notin ()', 'x in (,baz,foo),y,z notin ()'],
  ['!a, b != c', '!a,b!=c'],
  ['a>1,b<2', 'a>1,b<2'],
  ['a in (in,notin)', 'a in (in,notin)'],
  ['in=in', 'in=in'],
  ['a=', 'a='],
  ['a==b', 'a==b'],
];
for (const [given, expected] of printed) {
  test(`${JSON.stringify(given)} is read and printed`, () => {
    assert.equal(selectorText(parseLabelSelector(given)), expected);
  });
}

const refused: readonly [string, string][] = [
  ['a=b=c', "found '=', expected: ',' or 'end of string'"],
  ['a in b', "unable to parse requirement: found 'b' expected: '('"],
  ['a,', "found '', expected: identifier after ','"],
  ['=a', "found '=', expected: !, identifier, or 'end of string'"],
  ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
  [
    'a>b',
    "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an integer",
  ],
  [
    'a/b/c=d',
    "unable to parse requirement: <nil>: Invalid value: \"a/b/c\": a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
  ],
];
for (const [given, message] of refused) {
  test(`${JSON.stringify(given)} is refused`, () => {
    assert.throws(() => parseLabelSelector(given), { message });
  });
}

const matching: readonly [string, Record<string, string>, boolean][] = [
  ['a=b', { a: 'b' }, true],
  ['a!=b', {}, true],
  ['a', {}, false],
  ['!a', {}, true],
  ['a in (b,c)', { a: 'c' }, true],
  ['a notin (b,c)', { a: 'c' }, false],
  ['a>5', { a: '10' }, true],
  ['a<5', { a: 'x' }, false],
  ['constructor', {}, false],
];
for (const [selector, labels, expected] of matching) {
  test(`${selector} on ${JSON.stringify(labels)} is ${expected}`, () => {
    assert.equal(parseLabelSelector(selector).matches(labels), expected);
  });
}

test('an absent LabelSelector selects nothing, an empty one everything', () => {
  assert.equal(selectorOf(undefined).matches({}), false);
  assert.equal(selectorOf({}).matches({ a: 'b' }), true);
  assert.equal(
    formatLabelSelector({
      matchLabels: { b: 'c' },
      matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['y', 'x'] }],
    }),
    'a notin (x,y),b=c',
  );
});

test('a LabelSelector is validated with upstream texts', () => {
  const errors = validateLabelSelector(
    {
      matchExpressions: [
        { key: 'a', operator: 'In' },
        { key: 'b', operator: 'Is' },
      ],
    },
    'spec.selector',
  );
  assert.deepEqual(
    errors.map((error) => [error.field, error.detail]),
    [
      ['spec.selector.matchExpressions[0].values', "must be specified when `operator` is 'In' or 'NotIn'"],
      ['spec.selector.matchExpressions[1].operator', 'not a valid selector operator'],
    ],
  );
});

test('field selectors keep escaped characters', () => {
  const terms = parseFieldSelector('b=x\\,y,a!=1,c==2');
  assert.deepEqual(
    terms.map((term) => [term.field, term.value, term.isNegated]),
    [
      ['a', '1', true],
      ['b', 'x,y', false],
      ['c', '2', false],
    ],
  );
  assert.equal(fieldSelectorText(terms), 'a!=1,b=x\\,y,c=2');
  assert.equal(matchesFields(terms, { b: 'x,y', c: '2' }), true);
  assert.equal(matchesFields(terms, { a: '1', b: 'x,y', c: '2' }), false);
});

const refusedFields: readonly [string, string][] = [
  ['abc', "invalid selector: 'abc'; can't understand 'abc'"],
  ['a=b=c', 'invalid field selector: unescaped character in value: 61'],
  ['a=\\z', 'invalid field selector: invalid escape sequence: \\z'],
];
for (const [given, message] of refusedFields) {
  test(`field selector ${given} is refused`, () => {
    assert.throws(() => parseFieldSelector(given), { message });
  });
}
