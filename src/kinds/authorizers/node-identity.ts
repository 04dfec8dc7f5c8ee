/** Who is a node? Its certificate says `system:node:NAME` in the group system:nodes. */
import type { UserInfo } from '#api/handler.ts';

const prefix = 'system:node:';

/** The node's name; '' for a member of system:nodes without one, undefined for everybody else. */
export function nodeNameOf({ name, groups }: UserInfo): string | undefined {
  if (!name.startsWith(prefix) || !groups.includes('system:nodes')) return undefined;
  return name.slice(prefix.length);
}
