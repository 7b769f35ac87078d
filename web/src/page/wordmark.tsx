import type { JSX } from "preact";

/** 映, “to be reflected”, and る, stroke by stroke as one writes them, each in a field of 100 × 100. */
const strokes = [
  // 日
  "M8 23V82",
  "M8 23H33V82",
  "M8 51H33",
  "M8 79H33",
  // 央
  "M56 54V30H90V54",
  "M47 55H100",
  "M73 13V46C73 66 66 79 48 88",
  "M73 56C77 71 86 82 99 88",
  // る
  "M128 20L174 17L126 61C144 47 166 42 179 50C195 61 188 84 162 90C147 93 138 87 141 79C144 71 158 72 162 88",
];

/** 映る, drawn; with `reflection` it stands over water. */
export function Wordmark({ reflection = false }: { readonly reflection?: boolean }): JSX.Element {
  return (
    <svg class="wordmark" viewBox={reflection ? "0 0 200 176" : "0 0 200 100"} role="img" aria-label="Utsuru">
      <g class="wordmark-strokes">
        {strokes.map((stroke) => (
          <path key={stroke} d={stroke} />
        ))}
      </g>
      {reflection && <Reflection />}
    </svg>
  );
}

function Reflection(): JSX.Element {
  return (
    <>
      <defs>
        <linearGradient id="depth" x1="0" y1="0" x2="0" y2="1">
          <stop offset="0" stop-color="#fff" stop-opacity="0.45" />
          <stop offset="1" stop-color="#fff" stop-opacity="0" />
        </linearGradient>
        <mask id="water" maskUnits="userSpaceOnUse" x="0" y="100" width="200" height="76">
          <rect x="0" y="100" width="200" height="76" fill="url(#depth)" />
        </mask>
      </defs>
      <g mask="url(#water)">
        <g class="wordmark-strokes" transform="translate(0 204) scale(1 -1)">
          {strokes.map((stroke) => (
            <path key={stroke} d={stroke} />
          ))}
        </g>
      </g>
    </>
  );
}
