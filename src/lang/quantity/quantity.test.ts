import { test } from 'node:test';
import assert from 'node:assert/strict';
import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  quantityFormatMessage,
  quantityMillis,
  quantitySuffixMessage,
  quantityText,
  quantityUnits,
  roundUpToMillis,
  subtractQuantities,
} from '#lang/quantity/quantity.ts';

const canonicalCases: readonly [string, string][] = [
  ['0', '0'],
  ['0.0', '0'],
  ['.', '0'],
  ['1', '1'],
  ['+1', '+1'],
  ['1000', '1k'],
  ['1500', '1500'],
  ['0.5', '500m'],
  ['0.500', '500m'],
  ['1.5', '1500m'],
  ['1.500', '1.500'],
  ['1Ki', '1Ki'],
  ['1024', '1024'],
  ['1024Ki', '1Mi'],
  ['1.5Gi', '1536Mi'],
  ['0.5Ki', '512'],
  ['1000Ki', '1000Ki'],
  ['8Ki', '8Ki'],
  ['12e6', '12e6'],
  ['1E3', '1E3'],
  ['1e-3', '1e-3'],
  ['1000e3', '1e6'],
  ['0.1n', '1n'],
  ['-0.1n', '-1n'],
  ['16Ei', '9223372036854775807'],
  ['100m', '100m'],
  ['1000m', '1'],
  ['-5', '-5'],
];
for (const [given, expected] of canonicalCases) {
  test(`${given} is printed as ${expected}`, () => {
    assert.equal(quantityText(parseQuantity(given)), expected);
  });
}

test('a fraction of a binary unit is exact to the nano', () => {
  assert.equal(parseQuantity('0.3Ki').nanos, 307_200_000_000n);
});

const broken: readonly [string, string][] = [
  ['', quantityFormatMessage],
  ['abc', quantityFormatMessage],
  ['1 Gi', quantityFormatMessage],
  ['1.2.3', quantityFormatMessage],
  ['1mi', quantitySuffixMessage],
  ['1e', quantitySuffixMessage],
  ['1K', quantitySuffixMessage],
];
for (const [given, message] of broken) {
  test(`${JSON.stringify(given)} is refused`, () => {
    assert.throws(() => parseQuantity(given), { message });
  });
}

test('sums keep the format of the first, or of the second if the first is zero', () => {
  assert.equal(quantityText(addQuantities(parseQuantity('1Gi'), parseQuantity('512Mi'))), '1536Mi');
  assert.equal(quantityText(addQuantities(parseQuantity('0'), parseQuantity('2Ki'))), '2Ki');
  assert.equal(quantityText(subtractQuantities(parseQuantity('1'), parseQuantity('100m'))), '900m');
});

test('units and millis round away from zero', () => {
  assert.equal(quantityUnits(parseQuantity('1100m')), 2);
  assert.equal(quantityMillis(parseQuantity('1.0001')), 1001);
  assert.equal(quantityUnits(parseQuantity('-1100m')), -2);
  assert.equal(quantityText(roundUpToMillis(parseQuantity('0.5m'))), '1m');
  assert.equal(compareQuantities(parseQuantity('1Ki'), parseQuantity('1k')), 1);
});

test('a number of JSON is a quantity, too', () => {
  assert.equal(quantityText(parseQuantity(2)), '2');
  assert.equal(quantityText(parseQuantity(0.5)), '500m');
});

test('absurd exponents are answered at once', () => {
  assert.equal(parseQuantity('1e-999999999').nanos, 1n);
  assert.equal(quantityText(parseQuantity('1e999999999')), '1e999999999');
});
