import { scanIndex } from "./scan-index.ts";
import { codeIndexContract } from "./testing/code-index-contract.ts";

codeIndexContract("scanIndex", scanIndex);
