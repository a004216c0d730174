<?php

/* SPDX-License-Identifier: Apache-2.0 */

// Run inside WordPress with a directory: says which functions, classes and static methods of its code do not exist
// here, and what of it PHP 8.0 could not read.
require getenv('WP_ROOT') . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/admin.php';
require_once ABSPATH . 'wp-admin/includes/dashboard.php';

final class Symbols
{
    private const NEWER_WORDS = ['enum', 'readonly', 'never'];
    private const NEWER_FUNCTIONS = ['array_is_list', 'fsync', 'fdatasync', 'enum_exists', 'ini_parse_quantity'];
    private const SELF = ['self', 'static', 'parent'];

    public int $looked = 0;
    /** @var list<string> */
    public array $wrong = [];
    /** @var list<PhpToken> */
    private array $tokens;
    /** @var array<string, string> */
    private array $imports;
    private string $space;

    public function look(string $file): void
    {
        $this->tokens = array_values(array_filter(PhpToken::tokenize(file_get_contents($file)), static fn ($each) => ! $each->isIgnorable()));
        $this->imports = [];
        $this->space = '';
        foreach ($this->tokens as $place => $token) {
            if ($token->is(T_NAMESPACE)) {
                $this->space = $this->at($place + 1) . '\\';
            } elseif ($token->is(T_USE) && preg_match('/(\w+)$/', $this->at($place + 1), $last) === 1) {
                $this->imports[$last[1]] = $this->at($place + 1);
            }
        }
        foreach ($this->tokens as $place => $token) {
            foreach ($this->missing($place, $token) as $what) {
                $this->wrong[] = basename($file) . ":$token->line: $what";
            }
        }
    }

    private function at(int $place): string
    {
        return $this->tokens[$place]->text ?? '';
    }

    /** @return iterable<string> */
    private function missing(int $place, PhpToken $token): iterable
    {
        $name = $token->text;
        if (in_array(strtolower($name), self::NEWER_WORDS, true) && ! $this->tokens[$place - 1]->is(T_OBJECT_OPERATOR)) {
            yield "$name is newer than PHP 8.0";
        }
        if (! $token->is([T_STRING, T_NAME_QUALIFIED, T_NAME_FULLY_QUALIFIED])) {
            return;
        }
        [$before, $after] = [$this->at($place - 1), $this->at($place + 1)];
        if ($after === '(' && $this->at($place + 2) === '...' && $this->at($place + 3) === ')') {
            yield "$name(...) is newer than PHP 8.0";
        }
        if ($after === '::' || $before === 'new') {
            yield from $this->missingOfClass($place, $name);
        } elseif ($after === '(' && ! in_array($before, ['->', '?->', '::', 'function', 'new'], true)) {
            $this->looked++;
            if (! function_exists($name) || in_array(strtolower($name), self::NEWER_FUNCTIONS, true)) {
                yield "there is no function $name";
            }
        }
    }

    /** @return iterable<string> */
    private function missingOfClass(int $place, string $name): iterable
    {
        if (in_array(strtolower($name), self::SELF, true)) {
            return;
        }
        $this->looked++;
        $first = strtok($name, '\\');
        $class = isset($this->imports[$first]) ? $this->imports[$first] . substr($name, strlen($first)) : $this->space . ltrim($name, '\\');
        if (! class_exists($class) && ! class_exists($name)) {
            yield "there is no class $class";
        } elseif ($this->at($place + 1) === '::' && $this->at($place + 3) === '(' && ! method_exists($class, $this->at($place + 2))) {
            yield "there is no $class::" . $this->at($place + 2);
        }
    }
}

$symbols = new Symbols();
foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator($argv[1])) as $file) {
    if ($file->getExtension() === 'php') {
        $symbols->look($file->getPathname());
    }
}
echo implode("\n", $symbols->wrong), $symbols->wrong === [] ? "$symbols->looked symbols are there" : '', "\n";
exit($symbols->wrong === [] ? 0 : 1);
