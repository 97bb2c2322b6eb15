import { z } from 'zod'

// Without this zod probes `new Function`, which the page's CSP refuses and reports. It must be set before a schema is
// made, so this is the first import of main.tsx.
z.config({ jitless: true })
