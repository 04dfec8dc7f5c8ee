/** The column every kind has. */
import type { HasMetadata } from '#api/object.ts';
import type { Column } from '#api/resource.ts';

/** Computed by the registry from creationTimestamp. */
export const ageColumn: Column<HasMetadata> = { name: 'Age', type: 'string', format: 'age', value: () => '' };
