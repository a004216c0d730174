<?php

/* SPDX-License-Identifier: Apache-2.0 */

// PHP's own server: what is a file is served or run as such, all else is WordPress's to answer.
$path = (string) parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$file = $_SERVER['DOCUMENT_ROOT'] . $path;
if ($path !== '/' && (is_file($file) || is_file(rtrim($file, '/') . '/index.php'))) {
    return false;
}
require $_SERVER['DOCUMENT_ROOT'] . '/index.php';
