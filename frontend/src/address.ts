/** The address bar: it always holds the view, and a gesture is one step of Back. */

/** A gesture is over when nothing has moved for so long, in ms. */
const SETTLED = 600;
/** While something moves the address is written this often: browsers refuse more. */
const PACE = 350;

export class Address {
  /** Called when the user walks to another address; with its parts from `?` and from `#` on. */
  onWalk: (search: string, hash: string) => void = () => {};
  /** Called when a gesture is over, before its address is written for good. */
  onSettled: () => void = () => {};

  /** In a frame the steps of Back are those of the page around it. */
  framed = false;

  private moving = false;
  private held = false;
  private written = 0;
  private paced: number | undefined;
  private settling: number | undefined;

  /** `read` gives what the address is to say from `?` on, for what is shown now. */
  constructor(private readonly read: () => string) {
    window.addEventListener("popstate", () => {
      this.rest();
      if (here() !== this.read()) this.onWalk(location.search, location.hash);
    });
    window.addEventListener("pagehide", () => this.flush());
  }

  /** Is no gesture under way? */
  get settled(): boolean {
    return !this.moving && !this.held;
  }

  get hash(): string {
    return location.hash;
  }

  /** A button is held down: however slowly it is dragged, the gesture goes on. */
  hold(held: boolean): void {
    this.held = held;
    if (!held && this.moving) this.settleSoon();
  }

  /** Something moves: the first time a new entry, then that entry again. */
  moved(): void {
    this.settleSoon();
    if (!this.moving) {
      if (this.read() === here()) return;
      this.moving = true;
      this.write("push");
    } else if (this.paced === undefined) {
      const wait = Math.max(0, PACE - (performance.now() - this.written));
      this.paced = window.setTimeout(() => {
        this.paced = undefined;
        this.write("replace");
      }, wait);
    }
  }

  /** Something was chosen: always an entry of its own. */
  chosen(): void {
    this.flush();
    this.write("push");
  }

  /** Say what is shown, without a new entry. */
  rewrite(): void {
    this.rest();
    this.write("replace");
  }

  /** Write what is still to be written. */
  flush(): void {
    if (this.moving) this.settle();
  }

  private settleSoon(): void {
    clearTimeout(this.settling);
    if (!this.held) this.settling = window.setTimeout(() => this.settle(), SETTLED);
  }

  private settle(): void {
    this.rest();
    this.onSettled();
    this.write("replace");
  }

  private rest(): void {
    clearTimeout(this.settling);
    clearTimeout(this.paced);
    this.paced = undefined;
    this.moving = false;
  }

  private write(how: "push" | "replace"): void {
    const said = this.read();
    this.written = performance.now();
    if (said === here()) return;
    const url = location.pathname + said;
    if (how === "push" && !this.framed) history.pushState(null, "", url);
    else history.replaceState(null, "", url);
  }
}

function here(): string {
  return location.search + location.hash;
}
