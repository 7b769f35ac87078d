// Loaded into test servers before the program: passwords are hashed at bcrypt's least cost. At the product's 12, which the tests of
// accounts run with, registering and logging in took 7 % of the suite's processor time.
import { createRequire } from "node:module";

const bcrypt: typeof import("@node-rs/bcrypt") = createRequire(import.meta.url)("@node-rs/bcrypt");
const { hash } = bcrypt;
bcrypt.hash = (password) => hash(password, { cost: 4 });
