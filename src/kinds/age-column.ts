/** The column every kind has. */
import type { Column } from '#api/resource.ts';

/** Computed by the registry from creationTimestamp. */
export const ageColumn: Column<unknown> = { name: 'Age', type: 'string', format: 'age', value: () => '' };
