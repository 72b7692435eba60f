/**
 * The kernel is compiled twice: by AssemblyScript to WebAssembly, where i32 is the machine's integer, and by
 * TypeScript to plain JavaScript, where it is a number that only ever holds 32-bit integers.
 */
declare type i32 = number;
