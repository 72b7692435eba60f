import { cloudError } from "./errors";

/**
 * The members of its request that an operation reads. A request with any other is refused, naming the member: ignoring
 * it would turn an option into a false success.
 *
 *   { Name: true, Image: { Bytes: true }, Entries: [{ Id: true }] }
 *
 * `true` is any value, an object has these members, and a shape in brackets is a list.
 */
export interface Members {
  readonly [member: string]: true | Members | readonly [Members];
}

/**
 * Holds a request to the members that its operation reads. Values of other types than the shape's pass: the operation
 * judges them. A member that is null counts as absent.
 *
 * @param where the service and the operation, as in `the local cloud's sqs does not serve SendMessage`
 * @throws CloudError NotImplemented naming the first member that is not read
 */
export function refuseUnknownMembers(input: unknown, members: Members, where: string, path = ""): void {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return;
  for (const [name, value] of Object.entries(input)) {
    if (value === null || value === undefined) continue;
    const member = Object.hasOwn(members, name) ? members[name] : undefined;
    if (member === undefined) throw cloudError("NotImplemented", 501, `${where} with ${path}${name}.`);
    if (member === true) continue;
    if (!isList(member)) refuseUnknownMembers(value, member, where, `${path}${name}.`);
    else if (Array.isArray(value)) {
      for (const item of value) refuseUnknownMembers(item, member[0], where, `${path}${name}.`);
    }
  }
}

function isList(member: Members | readonly [Members]): member is readonly [Members] {
  return Array.isArray(member);
}
