// In place of `@codaco/shared-consts` where Fresco checks fields: the two words that it needs of it. The package brings schemas of
// whole networks along, and with them all of zod. A test holds these against it.

export const entityPrimaryKeyProperty = "_uid";
export const entityAttributesProperty = "attributes";
