/** What makes a resource of this package a dynamic one to the engine. */

/** By this type the engine finds the provider process of dynamic resources. */
export function dynamicType(name: string): string {
  return `pulumi-nodejs:dynamic/trieve:${name}`;
}

/**
 * What the engine stores with every resource and hands to that process: a call by name, no code, so that what is
 * installed does the work also for resources of older versions. The names stand in users' state and never change.
 *
 * `pulumi.dynamic.Resource` would store the same as a text of its own making, for which it loads the TypeScript
 * compiler: that takes longer than all else in a program, and the text is four times as long.
 */
export const storedProvider = {
  person: 'exports.handler = () => require("pulumi-trieve/host");',
  guard: 'exports.handler = () => require("pulumi-trieve/host").guard;',
  sweep: 'exports.handler = () => require("pulumi-trieve/host").sweep;',
  organization: 'exports.handler = () => require("pulumi-trieve/host").organization;',
  apiKey: 'exports.handler = () => require("pulumi-trieve/host").apiKey;',
};
