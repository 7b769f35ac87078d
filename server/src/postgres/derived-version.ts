import { fingerprintsVersion } from "@utsuru/core/fingerprint";
import { featuresVersion } from "@utsuru/core/local-features";

/** Of which version everything is that this program derives from an original; what the column of this name says of each image. */
export const derivedVersion: number = fingerprintsVersion * 256 + featuresVersion;
