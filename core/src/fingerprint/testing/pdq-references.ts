import type { Orientation } from "../orientations.ts";
import type { SceneOptions } from "./pictures.ts";

/** A picture that a test can draw, and what the reference says of it. */
interface Reference {
  readonly hex: string;
  readonly quality: number;
}

/**
 * Scenes with the values of the same library as pdqhash 0.2.8 carries it (PyPI source archive, its C++ compiled unmodified with g++ -O3,
 * fed these pixels by a driver of our own), taken once in November 2026.
 */
export const sceneReferences: readonly (Reference & SceneOptions)[] = [
  {
    width: 5,
    height: 5,
    seed: 40,
    hex: "6b5a94a594a56b5a29c896a56b5a6b5a96b5b5ac6b5a94a594a56b5a294a96a5",
    quality: 47,
  },
  {
    width: 6,
    height: 7,
    seed: 49,
    hex: "ad4ab94b52b546947097da6dad1a8e388e3871c771c771c752652592ad4ab94b",
    quality: 53,
  },
  {
    width: 5,
    height: 300,
    seed: 335,
    hex: "21c869d8c3f0398e348d9326c2f1ce73e4f99f263b0e94a5b48de4f9c4f194a5",
    quality: 100,
  },
  {
    width: 300,
    height: 5,
    seed: 2105,
    hex: "d267e8b729988748155dec62d56d179c6aa270b7d267e8b729988748955de862",
    quality: 100,
  },
  {
    width: 31,
    height: 32,
    seed: 249,
    hex: "4588c6124d866f4950b33a356ccbed5f5d1a2e180c8d0da7f7d380ca795df770",
    quality: 100,
  },
  {
    width: 63,
    height: 65,
    seed: 506,
    hex: "5991f0d4b0d602ee16ccb73e07c94fb398e326f43d99f08c8e2e3986c3c17bb0",
    quality: 100,
  },
  {
    width: 64,
    height: 64,
    seed: 512,
    hex: "621744aed9a6d254e5a3c37a9a44ce974c7979f891900f5f78325387ad94b269",
    quality: 100,
  },
  {
    width: 64,
    height: 64,
    seed: 512,
    channels: 1,
    hex: "7e34cdac82966179af935ba34c63385ca3cde72cd8133bdb56508d14e03c56a3",
    quality: 100,
  },
  {
    width: 65,
    height: 64,
    seed: 519,
    hex: "c3180c6133fdee3780e35ef81569aeab88c5377ce24a26eca18f1394e8b98727",
    quality: 100,
  },
  {
    width: 127,
    height: 129,
    seed: 1018,
    hex: "57ab5a58e8b7d3f22da84fc3251c1abd67c4b8b5d50641680051e7473e27e38b",
    quality: 100,
  },
  {
    width: 128,
    height: 64,
    seed: 960,
    hex: "e790c23c7b7181ecf3887ff4e401870b0e5f2113e2155af3fa7180b69af8a38b",
    quality: 100,
  },
  {
    width: 129,
    height: 127,
    seed: 1030,
    hex: "399313712e461ddafe21c2c8a11e462fb36aaa1744aefa38b01d449cbb37ab37",
    quality: 100,
  },
  {
    width: 321,
    height: 243,
    seed: 2490,
    hex: "fb941a1c663275e0ada0bec22b067f66351c9cd96a65223db4ecc17bc169a5b2",
    quality: 100,
  },
  {
    width: 321,
    height: 243,
    seed: 2490,
    channels: 1,
    hex: "eab010958a333862f524327a62f0cd671df4706e7ad17be3a00797e2cadbee28",
    quality: 100,
  },
  {
    width: 511,
    height: 512,
    seed: 4089,
    hex: "fac5a21bce2ac0e21d391e1cb774008b03feef603883b23ce2593fe649b6c73a",
    quality: 100,
  },
  {
    width: 512,
    height: 512,
    seed: 4096,
    hex: "f5c0059f61cbbb10d70241d73006af8d67de54b8ff60a6d9ac53df92720c1716",
    quality: 100,
  },
  {
    width: 513,
    height: 512,
    seed: 4103,
    hex: "43b1956981de4a9c1996d4ed265b81f53887a06dce4ecca1f8032f8bd3f9ae86",
    quality: 100,
  },
  {
    width: 1000,
    height: 37,
    seed: 7037,
    hex: "12b977488817803d6a35903fbb5a2a1f8837ab68ba151262dadb496b4b63dafb",
    quality: 100,
  },
  {
    width: 37,
    height: 1000,
    seed: 1259,
    hex: "b42eaaf7fd88552830335522a8f545226d8cd708d383d70aff96df28cc5dd522",
    quality: 100,
  },
  {
    width: 640,
    height: 480,
    seed: 4960,
    hex: "3a33aaf971d8b156b232ecabcc83517498dee240a3913cf7983eea29e06d05dc",
    quality: 100,
  },
  {
    width: 1025,
    height: 769,
    seed: 7944,
    hex: "d7c19f14f44845c37867d05927b1d1095c631be7e40add995749f0383aaeea74",
    quality: 100,
  },
  {
    width: 1920,
    height: 1080,
    seed: 14520,
    hex: "4cf4eadb47a21a25f0e083ef1eab50f1c690dd23847e9580cb9d95cfc50bcdc8",
    quality: 100,
  },
];

/** Scenes with what Meta's command line makes of them: shrunk by its own library (CImg of the same archive) before the hash. */
export const commandLineReferences: readonly (Reference & SceneOptions)[] = [
  {
    width: 640,
    height: 480,
    seed: 4960,
    hex: "3a332af971d8b156b232ecabcc83517498fee240a3913cf7993eea29e04d05dc",
    quality: 100,
  },
  {
    width: 513,
    height: 512,
    seed: 4103,
    hex: "43b1956981de4a9c199694e9265b81f53887a0edce5ecca1f8033f8bd3b9ae86",
    quality: 100,
  },
  {
    width: 1000,
    height: 37,
    seed: 7037,
    hex: "12c977408017803d6b1d903fbb5b6a178837fb687a129262dadb496b4a6bdaeb",
    quality: 100,
  },
  {
    width: 1025,
    height: 769,
    seed: 7944,
    hex: "d7c19f14f04945c3786f80592fb1d1095c631be7e40add995709f0383eaeea74",
    quality: 100,
  },
  {
    width: 1920,
    height: 1080,
    seed: 14520,
    hex: "4cf4eadb47e61a25f0e083ce1e2b50d1c780dd33847eb580cb9da74fc50bcdc8",
    quality: 100,
  },
  {
    width: 1025,
    height: 769,
    seed: 7944,
    channels: 1,
    hex: "d142b41ef76bfe51b94b2314cea47924a934488e69b7d9dbb562af08f404b4e4",
    quality: 100,
  },
];

/** All that the reference says of the scenes of 63×65 and 640×480, by the names that it gives the symmetries. */
export const orientedReferences: readonly (SceneOptions & {
  readonly hex: Readonly<Record<ReferenceSymmetry, string>>;
})[] = [
  {
    width: 63,
    height: 65,
    seed: 506,
    hex: {
      original: "5991f0d4b0d602ee16ccb73e07c94fb398e326f43d99f08c8e2e3986c3c17bb0",
      rotate90: "649a3eec6474134a81adf0971f4b7898fbf7053915c91a9e1e3883a3358c7c5d",
      rotate180: "8ec45a7ee583a84443991d94529ce519cdb68d5e69cc5a26db7b936c9694f11a",
      rotate270: "b1cf94463121b9e0d4fa5a3dca1ed272aea2af97409cb0344b6d294960d9d6f7",
      flipx: "dbd10f2bb0d6fd1116cc48c107c9b04c98e3d90f3d990f738e2ec679cbc1a44f",
      flipy: "0c84a581e58357bb4399e26b529c1ae6cdb672a168cca5d9db7b6c9396940ee5",
      flipplus1: "649ac1136475ecb581ad0f681f4b8727fbf77ac215c9e5611e387c5c358c83a2",
      flipminus1: "b1cf6bb93121461fd4f8a5c2ca1e2dedaea2d06c409c4fcb4b6dd6f660d92908",
    },
  },
  {
    width: 640,
    height: 480,
    seed: 4960,
    hex: {
      original: "3a33aaf971d8b156b232ecabcc83517498dee240a3913cf7983eea29e06d05dc",
      rotate90: "1eeed8b9ec764663869ce9eec864ce9666b1862ccc1c0646648fee649e9839c9",
      rotate180: "6f660053248d1bece767460199d67bdecd8b48eaf6c49655cc6b4083b518ab76",
      rotate270: "4bbb7213a92beccd93c953449d31647c33e4248698cbacec31da44cecbcd9363",
      flipx: "3a33d50671d84ea9b2321354cc83ae8b98fe1dbfa391c308b93e15d6e06dfa23",
      flipy: "6f6677ac248dc003e727b9fe99d60401cd8bb615f6c469a2cc6baf7cb5185089",
      flipplus1: "5eee2746fc76b998c69c0611c864312166b171d3cd1ef9b9648f119b9e98c636",
      flipminus1: "0abb8deca923133293c9acba9d319b8333e4db799849431331cabb31cbcd6c9c",
    },
  },
];

/** The reference's names for the symmetries. */
export type ReferenceSymmetry =
  | "original"
  | "rotate90"
  | "rotate180"
  | "rotate270"
  | "flipx"
  | "flipy"
  | "flipplus1"
  | "flipminus1";

/** Our names for them: the reference turns counter-clockwise and names a flip by the axis that stays. */
export const ourNames = {
  original: "identity",
  rotate90: "rotate-270",
  rotate180: "rotate-180",
  rotate270: "rotate-90",
  flipx: "flip-vertical",
  flipy: "flip-horizontal",
  flipplus1: "transpose",
  flipminus1: "transverse",
} as const satisfies Record<ReferenceSymmetry, Orientation>;
