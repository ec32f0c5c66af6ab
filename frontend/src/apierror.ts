/** A failure in words for people. */
export class ApiError extends Error {
  constructor(
    message: string,
    /** As HTTP numbers it; `null` where the server did not answer. */
    readonly status: number | null = null,
    /** What else the server says of it. */
    readonly told: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = "ApiError";
  }
}
