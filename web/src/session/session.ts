import { type ReadonlySignal, signal } from "@preact/signals";
import { type Api, createApi, outcomeOf } from "../api/client.ts";
import type { Problem } from "../api/problem.ts";
import type { Credentials, User } from "../api/shapes.ts";
import { tokenStore } from "./token-store.ts";

/** Who uses the page. `expired` is a login that ended under an open page: everything stays in place while the password is asked for again. */
export type SessionState =
  | { readonly kind: "restoring" }
  | { readonly kind: "closed"; readonly notice: string | undefined }
  | { readonly kind: "open"; readonly user: User }
  | { readonly kind: "expired"; readonly user: User };

/** A request that is sent anew with every token it is given. */
export type SendWithToken = (token: string) => Promise<Response>;

/** A login: holds the token, and holds requests back while it has to be renewed. */
export class Session {
  readonly #state = signal<SessionState>({ kind: "restoring" });
  readonly #openApi: Api = createApi((request) => fetch(request));
  #token: string | undefined = tokenStore.read();
  #renewal: PromiseWithResolvers<void> | undefined;

  get state(): ReadonlySignal<SessionState> {
    return this.#state;
  }

  /** Takes up the login that this tab had before it was loaded anew. */
  async restore(): Promise<void> {
    const token = this.#token;
    if (token === undefined) return this.#close();
    const headers = { Authorization: `Bearer ${token}` };
    const outcome = await outcomeOf(this.#openApi.GET("/api/me", { headers }));
    if (outcome.kind === "ok") {
      this.#state.value = { kind: "open", user: outcome.value.user };
    } else if (outcome.problem.code === "unauthenticated") {
      this.#close("You were logged out. Log in again to go on.");
    } else {
      this.#state.value = { kind: "closed", notice: outcome.problem.detail };
    }
  }

  /** Logs in; brings what stood in the way. */
  async logIn(credentials: Credentials): Promise<Problem | undefined> {
    const outcome = await outcomeOf(this.#openApi.POST("/api/login", { body: credentials }));
    if (outcome.kind === "problem") return outcome.problem;
    this.#token = outcome.value.token;
    tokenStore.write(outcome.value.token);
    this.#state.value = { kind: "open", user: outcome.value.user };
    this.#renewal?.resolve();
    this.#renewal = undefined;
    return undefined;
  }

  /** Makes an account and logs in to it; brings what stood in the way. */
  async register(credentials: Credentials): Promise<Problem | undefined> {
    const outcome = await outcomeOf(this.#openApi.POST("/api/register", { body: credentials }));
    return outcome.kind === "problem" ? outcome.problem : await this.logIn(credentials);
  }

  /** Ends the login, on the server too if it can be reached. */
  async logOut(): Promise<void> {
    const token = this.#token;
    this.#close();
    if (token === undefined) return;
    await outcomeOf(this.#openApi.POST("/api/logout", { headers: { Authorization: `Bearer ${token}` } }));
  }

  /** Sends with the token; on a 401 waits until the person has logged in again, then sends once more. */
  async send(request: SendWithToken): Promise<Response> {
    await this.#renewal?.promise;
    const token = this.#token;
    if (token === undefined) throw new Error("logged out");
    const response = await request(token);
    if (response.status !== 401) return response;
    await this.#renewed(token);
    return await request(this.#token ?? token);
  }

  async #renewed(refused: string): Promise<void> {
    // Another request may have met its 401 earlier, and the login been renewed since.
    if (this.#token !== refused) return;
    const state = this.#state.value;
    if (state.kind !== "open" && state.kind !== "expired") throw new Error("logged out");
    this.#renewal ??= Promise.withResolvers<void>();
    this.#state.value = { kind: "expired", user: state.user };
    await this.#renewal.promise;
  }

  #close(notice?: string): void {
    this.#token = undefined;
    tokenStore.forget();
    this.#state.value = { kind: "closed", notice };
    // Requests that were held back have nobody left to answer to.
    this.#renewal?.promise.catch(() => undefined);
    this.#renewal?.reject(new Error("logged out"));
    this.#renewal = undefined;
  }
}
