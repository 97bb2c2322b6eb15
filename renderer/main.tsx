import './lib/zod-config.ts'
import './styles/index.css'
import { CSPProvider } from '@base-ui/react/csp-provider'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app/app.tsx'
import { Toasts } from './components/toast.tsx'
import { setBridge } from './lib/bridge.ts'
import { startKeys } from './lib/keys.ts'
import { useLink } from './lib/link.ts'
import { applyTheme } from './lib/preferences.ts'
import { startQueries } from './lib/query.ts'
import { connectWebSocketBridge } from './lib/websocket-bridge.ts'

applyTheme()
setBridge(window.desk ?? connectWebSocketBridge((link) => useLink.setState(link)))
startQueries()
startKeys()

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <Toasts>
        <App />
      </Toasts>
    </CSPProvider>
  </StrictMode>,
)
