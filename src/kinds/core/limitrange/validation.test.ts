import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { LimitRangeItem } from '#api/generated/core/v1.ts';
import { fieldErrorBody } from '#api/status.ts';
import { limitRange } from '#kinds/core/limitrange/resource.ts';
import { validateLimitRange } from '#kinds/core/limitrange/validation.ts';

const cases: readonly [string, LimitRangeItem[], readonly string[]][] = [
  ['the most is the default limit and request', [{ type: 'Container', max: { cpu: '2' }, min: { cpu: '1' } }], []],
  [
    'a type twice',
    [
      { type: 'Pod', max: { cpu: '1' } },
      { type: 'Pod', max: { cpu: '1' } },
    ],
    ['spec.limits[1].type: Duplicate value: "Pod"'],
  ],
  [
    'pods have no defaults',
    [{ type: 'Pod', default: { cpu: '1' } }],
    ["spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'"],
  ],
  [
    'the least above the most',
    [{ type: 'Pod', min: { cpu: '2' }, max: { cpu: '1' } }],
    ['spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1'],
  ],
  [
    'a ratio below one',
    [{ type: 'Pod', maxLimitRequestRatio: { cpu: '500m' } }],
    ['spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1'],
  ],
];
for (const [name, limits, expected] of cases) {
  test(name, () => {
    const object = { metadata: { name: 'l' }, spec: { limits } };
    limitRange.defaults?.(object);
    const errors = validateLimitRange(object);
    assert.deepEqual(
      errors.map((error) => `${error.field}: ${fieldErrorBody(error)}`),
      expected,
    );
  });
}
