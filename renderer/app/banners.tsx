import { type ReactNode, useEffect } from 'react'
import type { DeskState } from '../../shared/model/views.ts'
import { Button } from '../components/button.tsx'
import { Text } from '../components/text.tsx'
import type { DeskError } from '../lib/bridge.ts'
import { useLink } from '../lib/link.ts'
import { openDialog } from '../lib/open-dialog.ts'
import { setPreferences, usePreferences } from '../lib/preferences.ts'
import { navigate } from '../lib/route.ts'
import { count } from '../lib/words.ts'
import { problemTitle } from '../features/problems/problem-words.ts'
import { Banner } from './banner.tsx'
import { HeldDialog } from './mode-switch.tsx'
import { ReceiverBanner } from './receiver-banner.tsx'

export interface BannersProps {
  state: DeskState | null
  error: DeskError | null
  onRetry: () => void
}

/** Everything that keeps the desk from doing its work, worst first. */
export function Banners({ state, error, onRetry }: BannersProps): ReactNode {
  const link = useLink()
  return (
    <div className="banners">
      {link.state === 'lost' && (
        <Banner kind="fail" title="No connection to Tocsin">
          <span className="grow">What you see may be old and nothing can be decided. Trying again…</span>
        </Banner>
      )}
      {error && link.state !== 'lost' && (
        <Banner kind="fail" title="The engine does not answer">
          <span className="grow">
            <Text value={error.message} />
          </span>
          <Button isSmall onClick={onRetry}>
            Try again
          </Button>
        </Banner>
      )}
      {state && <StateBanners state={state} />}
    </div>
  )
}

function StateBanners({ state }: { state: DeskState }): ReactNode {
  const hasSeenVault = usePreferences((preferences) => preferences.hasSeenVaultWarning)
  return (
    <>
      {state.engine === 'stopped' && (
        <Banner kind="fail" title="The engine stopped">
          <span className="grow">
            Nothing is received or run. Quit Tocsin and start it again; what was acknowledged is stored.
          </span>
        </Banner>
      )}
      {state.engine === 'restarting' && (
        <Banner kind="stale" title="The engine is restarting">
          <span className="grow">Chains go on from their last stored step.</span>
        </Banner>
      )}
      {state.store.state === 'full' && (
        <Banner kind="fail" title="The disk is full">
          <span className="grow">
            Senders get 503 and no action starts. Free some space, or shorten how long events are kept.{' '}
            <Text value={state.store.message} />
          </span>
          <Button isSmall onClick={() => navigate('settings', 'data')}>
            Retention
          </Button>
        </Banner>
      )}
      <ReceiverBanner receiver={state.receiver} />
      {state.policyProblem && <PolicyBanner state={state} />}
      {state.doubt ? <DoubtBanner kind={state.doubt.kind} held={state.heldChains} /> : <HeldBanner state={state} />}
      {state.vault.isWeak && !hasSeenVault && (
        <Banner kind="stale" title="Secrets are not in a system keychain">
          <span className="grow">
            <Text value={state.vault.message} />
          </span>
          <Button isSmall onClick={() => setPreferences({ hasSeenVaultWarning: true })}>
            Understood
          </Button>
        </Banner>
      )}
    </>
  )
}

function PolicyBanner({ state }: { state: DeskState }): ReactNode {
  const first = state.policyProblem?.[0]
  const place = first?.file ? ` ${first.file}:${first.row ?? 1}` : ''
  return (
    <Banner
      kind="fail"
      title={
        state.policy ? `The policies do not compile, v${state.policy.number} stays live` : 'There is no live policy'
      }
    >
      <span className="grow">{first && <Text value={`${first.message}.${place}`} max={300} />}</span>
      <Button isSmall onClick={() => navigate('problems')}>
        Problems
      </Button>
    </Banner>
  )
}

/** What the database says may be older than what has happened: nothing runs before the analyst has looked. */
function DoubtBanner({ kind, held }: { kind: NonNullable<DeskState['doubt']>['kind']; held: number }): ReactNode {
  return (
    <Banner kind="fail" title={problemTitle(`store_${kind}`)}>
      <span className="grow">
        Responses are off, {count(held, 'chain')} held: what they do may have been done already. Read Problems, then
        choose a response mode.
      </span>
      <Button isSmall onClick={() => navigate('problems')}>
        Problems
      </Button>
    </Banner>
  )
}

/** Chains that start nothing by themselves: under *Off* because nothing may start, else after a long time. */
function HeldBanner({ state }: { state: DeskState }): ReactNode {
  if (state.mode !== 'off') return state.heldChains > 0 && <HeldAwayBanner state={state} />
  return (
    <Banner kind="stale" title="Responses are off">
      <span className="grow">
        {state.heldChains === 0
          ? 'Alerts come in, no chain starts.'
          : `${count(state.heldChains, 'chain')} held. Choose another response mode to run or close them.`}
      </span>
    </Banner>
  )
}

/** Asks by itself once, unless the analyst is in the middle of something; later by its button. */
function HeldAwayBanner({ state }: { state: DeskState }): ReactNode {
  useEffect(() => {
    // What has the focus has the next key: a question that opens under the fingers would be answered by it.
    if (document.activeElement === document.body) openDialog(<HeldDialog to={null} />)
  }, [])
  return (
    <Banner kind="stale" title={`${count(state.heldChains, 'chain')} held`}>
      <span className="grow">They were due while Tocsin did not run or slept.</span>
      <Button isSmall onClick={() => openDialog(<HeldDialog to={null} />)}>
        Run or close…
      </Button>
    </Banner>
  )
}
