import { errors, jwtVerify, SignJWT } from "jose";
import type { Tokens } from "../ports.ts";

const issuer = "utsuru";
const audience = "utsuru-api";
const algorithm = "HS256";

/** Tokens as JWT (RFC 7519) signed by HMAC-SHA-256 alone: no header of a token chooses another algorithm or a key. `jti` is the session, `sub` the user. */
export function joseTokens(secret: Uint8Array): Tokens {
  return {
    sign: ({ sessionId, userId, issuedAt, expiresAt }) =>
      new SignJWT()
        .setProtectedHeader({ alg: algorithm, typ: "JWT" })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(userId)
        .setJti(sessionId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(expiresAt)
        .sign(secret),
    verify: async (token, now) => {
      try {
        const options = {
          algorithms: [algorithm],
          issuer,
          audience,
          currentDate: now,
          requiredClaims: ["exp", "jti", "sub"],
        };
        const { payload } = await jwtVerify(token, secret, options);
        return payload.jti && payload.sub && isUuid(payload.jti)
          ? { sessionId: payload.jti, userId: payload.sub }
          : undefined;
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}
