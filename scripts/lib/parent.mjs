/** Soon enough that whoever stopped npm and starts it again finds the data folder free. */
const LOOK_MS = 250

/**
 * Ends this process in order when the one that started it is gone, where that was npm: `npm start` and `npx tocsin` run us
 * in a shell that dies of the SIGTERM which npm hands to it, without handing it on. Started by anything else, a process may
 * outlive its parent as it likes.
 */
export function endWithNpm() {
  if (process.env.npm_command === undefined) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    process.kill(process.pid, 'SIGTERM')
  }, LOOK_MS)
  timer.unref()
}
