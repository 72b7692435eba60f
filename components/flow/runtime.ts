/**
 * The runtime of every function. AWS ends nodejs22.x on 2027-04-30 and nodejs24.x on 2028-04-30 (endoflife.date).
 *
 * Written out, as the first releases of `@pulumi/aws` 7 have no name for it.
 */
export const runtime = "nodejs24.x";
