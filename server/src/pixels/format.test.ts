import assert from "node:assert/strict";
import { test } from "node:test";
import { formatOf, isStub } from "./format.ts";
import { draw, encode } from "./testing/pictures.ts";

for (const format of ["jpeg", "png", "gif", "webp", "avif"] as const) {
  test(`a ${format} is known by its first bytes`, async () => {
    assert.equal(formatOf(await encode(draw(16, 16), format)), format);
  });

  test(`the first bytes of a ${format} alone are no other kind of file`, async () => {
    const file = await encode(draw(16, 16), format);
    for (let length = 1; length < 12; length++) {
      const start = file.subarray(0, length);
      assert.ok(isStub(start) || formatOf(start) === format, `${length} bytes`);
    }
  });
}

const others = {
  SVG: '<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>',
  HTML: "<!doctype html><title>no picture</title>",
  PDF: "%PDF-1.7\n1 0 obj << >> endobj",
  ZIP: "PK\x03\x04\x14\0\0\0\0\0",
  TIFF: "II*\0\x08\0\0\0\0\0\0\0",
  BMP: "BM\x46\0\0\0\0\0\0\0\0\0",
  HEIC: "\0\0\0\x18ftypheic\0\0\0\0mif1heic",
  "HEIC that lists AVIF": "\0\0\0\x1cftypheic\0\0\0\0mif1heicavif",
  MP4: "\0\0\0\x18ftypisom\0\0\x02\0isomavc1",
  "RIFF audio": "RIFF\x24\0\0\0WAVEfmt ",
  "a letter": "x",
};

for (const [name, start] of Object.entries(others)) {
  test(`${name} is none of the formats`, () => {
    const file = Buffer.from(start, "latin1");
    assert.equal(formatOf(file), undefined);
    assert.equal(isStub(file), false);
  });
}

test("a file of a neutral brand is an AVIF when it lists that brand as compatible", () => {
  assert.equal(formatOf(Buffer.from("\0\0\0\x18ftypmif1\0\0\0\0miafavif", "latin1")), "avif");
  assert.equal(formatOf(Buffer.from("\0\0\0\x18ftypmif1\0\0\0\0miafheic", "latin1")), undefined);
});
