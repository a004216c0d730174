<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Screen;

use Projectionist\Booth\Site;
use Projectionist\Rest\Asking;
use Projectionist\Rest\Routes;
use Projectionist\Rights;

/**
 * The web component that draws halls, the same one that the booth's own page uses, as an element of a page here.
 *
 * It speaks with this WordPress, which holds the token; the stream alone it opens at the booth, with a ticket.
 */
final class Component
{
    private const THEMES = ['light', 'dark'];

    /**
     * All halls of a site, or some.
     *
     * @param array{halls?: list<string>, compact?: bool, theme?: string, troubled?: bool, wall?: bool, quiet?: bool} $wanted
     */
    public static function board(Site $site, array $wanted = []): string
    {
        wp_enqueue_script_module(Assets::BOARD);
        return self::element('hall-board', self::attributes($site) + [
            'hall-href' => self::hallUrl($site),
            'halls' => implode(' ', preg_grep(Site::ID, $wanted['halls'] ?? []) ?: []),
            'theme' => in_array($wanted['theme'] ?? '', self::THEMES, true) ? $wanted['theme'] : '',
            'compact' => $wanted['compact'] ?? false,
            'troubled' => $wanted['troubled'] ?? false,
            'wall' => $wanted['wall'] ?? false,
            'quiet' => $wanted['quiet'] ?? false,
        ]);
    }

    public static function hall(Site $site, string $hall): string
    {
        wp_enqueue_script_module(Assets::HALL);
        return self::element('hall-page', self::attributes($site) + [
            'hall' => $hall,
            'theme' => 'light',
            'site-href' => BoardPage::url($site),
        ]);
    }

    /**
     * Where a component of this site finds everything.
     *
     * @return array<string, string|bool>
     */
    public static function attributes(Site $site): array
    {
        $src = untrailingslashit(rest_url(Routes::SPACE . '/sites/' . $site->id()));
        return [
            'src' => $src,
            'stream' => $site->streamUrl(),
            'ticket-url' => $src . '/stream/tickets',
            'poll' => true,
            'csrf' => wp_create_nonce('wp_rest'),
            'csrf-header' => 'X-WP-Nonce',
            'csrf-url' => admin_url('admin-ajax.php?action=rest-nonce'),
            'scope' => current_user_can(Rights::OPERATE) ? 'operate' : 'view',
            'verbs' => implode(' ', Asking::VERBS),
            'confirm' => true,
        ];
    }

    private static function hallUrl(Site $site): string
    {
        return str_replace('HALL', '{id}', BoardPage::url($site, 'HALL'));
    }

    /** @param array<string, string|bool> $attributes */
    private static function element(string $name, array $attributes): string
    {
        $html = '<' . $name;
        foreach ($attributes as $attribute => $value) {
            if ($value === true) {
                $html .= ' ' . $attribute;
            } elseif ($value !== false && $value !== '') {
                $html .= sprintf(' %s="%s"', $attribute, esc_attr($value));
            }
        }
        $words = esc_html__('The halls are drawn by JavaScript, which is off here.', 'projectionist');
        return $html . '></' . $name . '><noscript><p>' . $words . '</p></noscript>';
    }
}
