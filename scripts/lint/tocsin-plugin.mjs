/**
 * Lint rules of this project's own.
 *
 * - `no-sql-template`: SQL given to `prepare`/`exec` is a constant. A template literal with a `${}` that is not itself
 *   built of upper-case constants is refused, so that no input ever becomes SQL text (docs/SECURITY.md, S21).
 * - `no-insecure-web-preference`: keys that weaken a window (Electron's security checklist 6 and 8-10) may not be
 *   written at all, in whatever file.
 */

const DATABASE_NAME = /^(db|database|connection|writer|reader)$/i
const CONSTANT_NAME = /^[A-Z][A-Z0-9_]*$/
const FORBIDDEN_KEYS = new Set([
  'webSecurity',
  'allowRunningInsecureContent',
  'experimentalFeatures',
  'enableBlinkFeatures',
  'nodeIntegrationInWorker',
  'nodeIntegrationInSubFrames',
])

function isConstant(expression) {
  return expression.type === 'Identifier' && CONSTANT_NAME.test(expression.name)
}

/** `x.prepare(…)` of anything, `db.exec(…)` of a database (a RegExp has an `exec` too). */
function takesSql(callee) {
  if (callee.type !== 'MemberExpression' || callee.computed) return false
  if (callee.property.name === 'prepare') return true
  if (callee.property.name !== 'exec') return false
  const owner = callee.object.type === 'MemberExpression' ? callee.object.property : callee.object
  return owner.type === 'Identifier' && DATABASE_NAME.test(owner.name)
}

function isBuiltSql(node) {
  if (node.type === 'TemplateLiteral') return !node.expressions.every(isConstant)
  if (node.type === 'BinaryExpression' && node.operator === '+') return isBuiltSum(node)
  return false
}

function isBuiltSum(node) {
  return [node.left, node.right].some(
    (part) => part.type !== 'Literal' && !isConstant(part) && (part.type !== 'BinaryExpression' || isBuiltSum(part)),
  )
}

const noSqlTemplate = {
  create(context) {
    return {
      CallExpression(node) {
        if (!takesSql(node.callee)) return
        const [sql] = node.arguments
        if (sql && isBuiltSql(sql)) {
          context.report({
            node: sql,
            message: 'SQL text may hold only constants (UPPER_CASE names): pass values as parameters.',
          })
        }
      },
    }
  },
}

const noInsecureWebPreference = {
  create(context) {
    return {
      Property(node) {
        const name = node.key.type === 'Identifier' ? node.key.name : node.key.value
        if (!FORBIDDEN_KEYS.has(name)) return
        context.report({ node, message: `"${name}" weakens a window and is never set; leave Electron's default.` })
      },
    }
  },
}

export default {
  meta: { name: 'tocsin' },
  rules: { 'no-sql-template': noSqlTemplate, 'no-insecure-web-preference': noInsecureWebPreference },
}
