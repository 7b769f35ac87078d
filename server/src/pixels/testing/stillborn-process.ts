/** A decoding process that ends before it can work. */
process.exit(1);
