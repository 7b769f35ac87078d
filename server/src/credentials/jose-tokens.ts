import { errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { Claims, Tokens } from "../ports.ts";

const issuer = "utsuru";
const audience = "utsuru-api";
const algorithm = "HS256";
/** Tokens remembered as good: some 500 bytes each. */
const rememberedMax = 10_000;

/**
 * Tokens as JWT (RFC 7519) signed by HMAC-SHA-256 alone: no header of a token chooses another algorithm or a key. `jti` is the session, `sub` the user.
 *
 * Whose signature and claims were good is remembered: nothing but the time can make such a token bad, and that is looked at each
 * time. Verifying takes 0.15 ms, with every request. Whether its session was ended is not asked here.
 */
export function joseTokens(secret: Uint8Array): Tokens {
  const good = new Map<string, Verified>();
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
      const known = good.get(token);
      if (known) return isGoodAt(known, now) ? known.claims : undefined;
      const verified = await verify(token, secret, now);
      if (!verified) return undefined;
      if (good.size >= rememberedMax) good.clear();
      good.set(token, verified);
      return verified.claims;
    },
  };
}

/** What a token says that was good once, and the seconds from and until which it is (`nbf`, `exp`). */
interface Verified {
  readonly claims: Claims;
  readonly fromS: number;
  readonly untilS: number;
}

/** As jose judges: whole seconds, good from `nbf` on and before `exp`. */
function isGoodAt({ fromS, untilS }: Verified, now: Date): boolean {
  const nowS = Math.floor(now.getTime() / 1000);
  return fromS <= nowS && nowS < untilS;
}

async function verify(token: string, secret: Uint8Array, now: Date): Promise<Verified | undefined> {
  try {
    const requiredClaims = ["exp", "jti", "sub"];
    const options = { algorithms: [algorithm], issuer, audience, currentDate: now, requiredClaims };
    return verifiedOf((await jwtVerify(token, secret, options)).payload);
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

function verifiedOf({ jti, sub, nbf = 0, exp = 0 }: JWTPayload): Verified | undefined {
  return jti && sub && isUuid(jti) ? { claims: { sessionId: jti, userId: sub }, fromS: nbf, untilS: exp } : undefined;
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}
