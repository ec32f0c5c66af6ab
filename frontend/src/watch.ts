/** Show what is loading and what cannot be loaded, as long as the page is open. */

import type { Drawer } from "./drawer";
import type { Notices } from "./ui/notices";
import type { Status } from "./ui/status";
import { plural, t } from "./words";

/** `onReady` is told whenever the picture is complete again. */
export function watch(viewer: Drawer, status: Status, notices: Notices, onReady: () => void): void {
  let ready = false;
  window.setInterval(() => {
    const before = ready;
    ready = viewer.isReady();
    if (ready && !before) onReady();
    const { needed, available } = viewer.loading();
    status.showLoading(ready ? null : needed > 0 ? available / needed : 0);
    const [problem] = viewer.problems();
    if (problem === undefined) notices.dismiss("source");
    else {
      notices.show({
        key: "source",
        kind: "error",
        text: t("These data cannot be opened: {problem}", { problem }),
        action: { label: t("Reload the page"), run: () => location.reload() },
      });
    }
  }, 250);
  window.setInterval(async () => {
    if (ready) {
      notices.dismiss("chunks");
      return;
    }
    const failed = await viewer.failedChunks();
    if (failed === 0) return;
    notices.show({
      key: "chunks",
      kind: "error",
      text: plural(
        failed,
        "{n} part of this picture could not be read from the server: what you see there is coarser or missing.",
        "{n} parts of this picture could not be read from the server: what you see there is coarser or missing.",
      ),
      action: { label: t("Try again"), run: () => void viewer.retry() },
    });
  }, 2000);
}
