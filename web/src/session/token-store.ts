/**
 * Keeps the token for as long as the tab lives. sessionStorage, not localStorage: nothing is left behind on a shared computer, and another tab
 * asks for the password itself; not a cookie, which every site's requests would carry. A script of somebody else, against which no
 * storage helps, is kept out by the Content-Security-Policy.
 */
const key = "utsuru.token";

export const tokenStore = {
  read(): string | undefined {
    return sessionStorage.getItem(key) ?? undefined;
  },
  write(token: string): void {
    sessionStorage.setItem(key, token);
  },
  forget(): void {
    sessionStorage.removeItem(key);
  },
};
