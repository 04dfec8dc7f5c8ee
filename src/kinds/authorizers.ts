/** Who may decide, in order; after system:masters, which the API server always lets through. */
import type { AuthorizerFactory } from '#api/resource.ts';
import { nodeAuthorizer } from '#kinds/authorizers/node.ts';
import { rbacAuthorizer } from '#kinds/authorizers/rbac.ts';

export const authorizers: readonly AuthorizerFactory[] = [nodeAuthorizer, rbacAuthorizer];
