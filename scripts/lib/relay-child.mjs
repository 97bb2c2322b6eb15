/**
 * Loaded into the process that `relay.mjs` starts. The parent tells over the IPC channel which signals it received; here
 * each is raised once. A signal to the whole process group (Ctrl-C) reaches both processes: it is counted here when it
 * arrives by itself and not raised a second time, because a second signal means "exit at once".
 */
const received = new Map()

process.on('newListener', (signal) => {
  if (!String(signal).startsWith('SIG') || received.has(signal)) return
  received.set(signal, 0)
  process.prependListener(signal, () => received.set(signal, received.get(signal) + 1))
})

/** @param message `{signal, count}`: the parent has now received this signal so many times */
function onRelayed(message) {
  if (typeof message?.signal !== 'string') return
  // A signal sent to the group lies in our signal pipe already; two turns of the loop deliver it before we compare.
  setImmediate(() =>
    setImmediate(() => {
      if ((received.get(message.signal) ?? 0) < message.count) process.kill(process.pid, message.signal)
    }),
  )
}

if (process.channel) {
  process.on('message', onRelayed)
  // Killed without a chance to say so: the launcher and its program are one thing to whoever started it.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  // Neither listener is a reason to stay alive.
  process.channel.unref()
}
