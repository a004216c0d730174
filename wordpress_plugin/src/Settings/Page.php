<?php

/* SPDX-License-Identifier: GPL-2.0-or-later */

declare(strict_types=1);

namespace Projectionist\Settings;

use Projectionist\Booth\Site;
use Projectionist\Booth\Sites;
use Projectionist\Booth\Tokens;
use Projectionist\Rest\Routes;
use Projectionist\Rights;
use Projectionist\Screen\Assets;

/**
 * Settings → Projectionist: which booths there are, and which roles may look or operate.
 */
final class Page
{
    public const SLUG = 'projectionist-settings';

    public static function hook(): void
    {
        add_action('admin_menu', [self::class, 'add']);
        add_action('admin_post_' . Saving::ACTION, [Saving::class, 'handle']);
    }

    public static function add(): void
    {
        $title = __('Projectionist', 'projectionist');
        $page = add_options_page($title, $title, Rights::MANAGE, self::SLUG, [self::class, 'show']);
        add_action('load-' . $page, static function (): void {
            wp_enqueue_style(Assets::STYLE);
            wp_enqueue_script_module(Assets::SETTINGS);
        });
    }

    public static function show(): void
    {
        echo '<div class="wrap projectionist-settings"><h1>' . esc_html__('Projectionist', 'projectionist') . '</h1>';
        printf('<form method="post" action="%s">', esc_url(admin_url('admin-post.php')));
        printf('<input type="hidden" name="action" value="%s">', esc_attr(Saving::ACTION));
        wp_nonce_field(Saving::ACTION);
        echo '<h2>' . esc_html__('Booths', 'projectionist') . '</h2>';
        $place = 0;
        foreach (Sites::all() as $site) {
            self::site($place++, $site);
        }
        if ($place < Sites::MOST) {
            self::site($place, null);
        }
        self::roles();
        submit_button();
        echo '</form></div>';
    }

    private static function site(int $place, ?Site $site): void
    {
        $legend = $site === null ? __('Another booth', 'projectionist') : $site->id();
        echo '<fieldset><legend>' . esc_html($legend) . '</legend><table class="form-table" role="presentation">';
        self::row($place, 'id', __('Id of the site', 'projectionist'), $site === null ? '' : $site->id(), [
            'pattern' => '[a-z0-9]{1,16}',
            'help' => __('As in its cinema.toml; a token carries it too: prj_ID_…', 'projectionist'),
            'readonly' => $site !== null,
        ]);
        self::row($place, 'url', __('Address of its server', 'projectionist'), $site === null ? '' : $site->url(), [
            'type' => 'url',
            'help' => __('As this WordPress reaches it, for example https://booth.rialto.example', 'projectionist'),
        ]);
        self::row($place, 'browser_url', __('Address for browsers', 'projectionist'), $site === null ? '' : $site->browserUrl(), [
            'type' => 'url',
            'help' => __('Only where it is another one. The booth must name this WordPress in PROJECTIONIST_ORIGINS.', 'projectionist'),
        ]);
        self::token($place, $site);
        echo '</table>';
        if ($site !== null) {
            self::test($site);
        }
        echo '</fieldset>';
    }

    private static function token(int $place, ?Site $site): void
    {
        $source = $site === null ? '' : Tokens::source($site);
        if ($source === 'config') {
            $words = __('It is set in wp-config.php or the environment, and is not to be changed here.', 'projectionist');
            echo '<tr><th scope="row">' . esc_html__('Token', 'projectionist') . '</th><td>' . esc_html($words) . '</td></tr>';
            return;
        }
        self::row($place, 'token', __('Token', 'projectionist'), '', [
            'type' => 'password',
            'help' => $source === 'option'
                ? __('One is kept, encrypted. Leave this empty to keep it; it is never shown.', 'projectionist')
                : __('From: projectionist tokens add wordpress --scope operate', 'projectionist'),
        ]);
    }

    /** @param array{type?: string, pattern?: string, help: string, readonly?: bool} $more */
    private static function row(int $place, string $name, string $label, string $value, array $more): void
    {
        $id = "projectionist-$place-$name";
        printf(
            '<tr><th scope="row"><label for="%1$s">%2$s</label></th><td>' .
            '<input class="regular-text" id="%1$s" name="sites[%3$d][%4$s]" type="%5$s" value="%6$s"%7$s%8$s' .
            ' autocomplete="%9$s" aria-describedby="%1$s-help"><p class="description" id="%1$s-help">%10$s</p></td></tr>',
            esc_attr($id),
            esc_html($label),
            $place,
            esc_attr($name),
            esc_attr($more['type'] ?? 'text'),
            esc_attr($value),
            isset($more['pattern']) ? ' pattern="' . esc_attr($more['pattern']) . '"' : '',
            ($more['readonly'] ?? false) ? ' readonly' : '',
            ($more['type'] ?? '') === 'password' ? 'new-password' : 'off',
            esc_html($more['help'])
        );
    }

    private static function test(Site $site): void
    {
        $tells = 'projectionist-tells-' . $site->id();
        $told = [
            'src' => rest_url(Routes::SPACE . '/sites/' . $site->id() . '/test'),
            'nonce' => wp_create_nonce('wp_rest'),
            'tells' => $tells,
            'asking' => __('Asking …', 'projectionist'),
            'unanswered' => __('This WordPress does not answer.', 'projectionist'),
        ];
        echo '<p><button type="button" class="button projectionist-test"';
        foreach ($told as $name => $value) {
            printf(' data-%s="%s"', esc_attr($name), esc_attr($value));
        }
        echo '>' . esc_html__('Test connection', 'projectionist') . '</button> ';
        printf('<label><input type="checkbox" name="remove[]" value="%s"> ', esc_attr($site->id()));
        echo esc_html__('Remove this booth and its token', 'projectionist') . '</label></p>';
        printf('<div class="projectionist-tells" id="%s" role="status"></div>', esc_attr($tells));
    }

    private static function roles(): void
    {
        $labels = [
            'none' => __('does not see the halls', 'projectionist'),
            'view' => __('may look', 'projectionist'),
            'operate' => __('may look, acknowledge, reset and shelve', 'projectionist'),
        ];
        echo '<h2>' . esc_html__('Who may do what', 'projectionist') . '</h2>';
        echo '<table class="form-table" role="presentation">';
        foreach (wp_roles()->role_objects as $name => $role) {
            $id = 'projectionist-role-' . $name;
            $shown = translate_user_role(wp_roles()->role_names[$name]);
            printf('<tr><th scope="row"><label for="%1$s">%2$s</label></th><td>', esc_attr($id), esc_html($shown));
            printf('<select id="%s" name="roles[%s]">', esc_attr($id), esc_attr($name));
            foreach ($labels as $level => $label) {
                $chosen = selected(Rights::levelOf($role), $level, false);
                printf('<option value="%s"%s>%s</option>', esc_attr($level), $chosen, esc_html($label));
            }
            echo '</select></td></tr>';
        }
        echo '</table>';
    }
}
