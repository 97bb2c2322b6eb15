import { contextBridge, ipcRenderer } from 'electron'
import { makeDeskBridge } from './shell/desk-bridge.ts'

/** Written in by the build, from `shared/contract.ts`: importing the contract would bring zod into the page's preload. */
declare const DESK_CALLS: readonly string[]
declare const DESK_TOPICS: readonly string[]

contextBridge.exposeInMainWorld('desk', makeDeskBridge(ipcRenderer, DESK_CALLS, DESK_TOPICS))
