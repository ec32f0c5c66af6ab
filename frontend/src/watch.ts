/** Show what is loading and what cannot be loaded, as long as the page is open. */

import type { Drawer } from "./drawer";
import { Patience } from "./health";
import type { Pulse } from "./pulse";
import type { Notices } from "./ui/notices";
import type { Status } from "./ui/status";
import { plural, t } from "./words";

/** `drawer` gives what draws now; `onReady` is told whenever the picture is complete again. */
export function watch(
  drawer: () => Drawer | null,
  status: Status,
  notices: Notices,
  pulse: Pulse,
  onReady: () => void,
): void {
  let ready = false;
  let told: string | undefined;
  /** How much of the picture is here, and how much of it had failed when last looked at. */
  let here = 0;
  let failing = 0;
  const patience = new Patience();
  window.setInterval(() => {
    const viewer = drawer();
    if (!viewer) return;
    const before = ready;
    ready = viewer.isReady();
    if (ready && !before) onReady();
    const { needed, available } = viewer.loading();
    status.showLoading(ready ? null : needed > 0 ? available / needed : 0);
    if (available > here) pulse.heard();
    here = available;
    const stalled = patience.tell(ready, needed, available, performance.now());
    if (!stalled || pulse.ails) notices.dismiss("slow");
    else {
      const count = { available, needed };
      notices.show({
        key: "slow",
        kind: "info",
        text: t(
          "These data come slowly: {available} of {needed} parts of this picture are here. It grows sharper by itself as the others come.",
          count,
        ),
      });
      pulse.stir();
    }
    const [problem] = viewer.problems();
    const said = told;
    told = problem;
    if (problem === undefined || pulse.ails) notices.dismiss("source");
    else {
      if (problem !== said) pulse.feelSoon();
      notices.show({
        key: "source",
        kind: "error",
        text: t("These data cannot be opened: {problem}", { problem }),
        action: { label: t("Reload the page"), run: () => location.reload() },
      });
    }
  }, 250);
  window.setInterval(async () => {
    const viewer = drawer();
    if (!viewer || ready || pulse.ails) {
      failing = 0;
      notices.dismiss("chunks");
      return;
    }
    const failed = await viewer.failedChunks();
    // What has just failed may be there a moment later: an empty part is found missing like that.
    const lasting = Math.min(failed, failing);
    failing = failed;
    if (lasting === 0) return;
    notices.show({
      key: "chunks",
      kind: "error",
      text: plural(
        lasting,
        "{n} part of this picture could not be read from the server: what you see there is coarser or missing.",
        "{n} parts of this picture could not be read from the server: what you see there is coarser or missing.",
      ),
      action: { label: t("Try again"), run: () => void viewer.retry() },
    });
  }, 2000);
}
