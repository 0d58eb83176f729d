"""A browser for the tests of the pages: waits for conditions, and keeps what the pages complain about."""

import time

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

# Kept over all pages of a visit: what the browser blocked, and what a script threw.
WATCH = """
  window.complaints = [];
  document.addEventListener('securitypolicyviolation', (event) =>
    window.complaints.push(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  window.addEventListener('error', (event) => window.complaints.push(`error: ${event.message}`));
  window.addEventListener('unhandledrejection', (event) => window.complaints.push(`rejection: ${event.reason}`));
"""


class Browser:
    def __init__(self, url, language="en-GB", width=1280, height=900):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for switch in (
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            f"--lang={language}",
            f"--window-size={width},{height}",
        ):
            options.add_argument(switch)
        options.add_experimental_option("prefs", {"intl.accept_languages": language})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        self.driver.set_page_load_timeout(30)
        self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
        self.url = url

    def close(self):
        self.driver.quit()

    def width(self, pixels):
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": pixels, "height": 900, "deviceScaleFactor": 1, "mobile": pixels < 600},
        )

    def dark(self, on):
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": "prefers-color-scheme", "value": "dark" if on else "light"}]},
        )

    # --- Waiting ---

    def until(self, condition, what, seconds=20):
        deadline = time.monotonic() + seconds
        while True:
            try:
                found = condition()
            except StaleElementReferenceException:  # the page drew it anew
                found = None
            if found:
                return found
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"{what}: not within {seconds} s. The page at {self.driver.current_url}:\n{self.text()[:2000]}"
                )
            time.sleep(0.05)

    def open(self, path, drawn=True):
        self.driver.get(self.url + path)
        return self.drawn() if drawn else self

    def drawn(self, seconds=40):
        """Until the page has what it asked for, or says why not."""
        self.until(
            lambda: self.all("main h1, .login .notice") and not self.all(".waiting"), "the page is drawn", seconds
        )
        return self

    # --- Looking ---

    def all(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def first(self, css):
        return self.until(lambda: next(iter(self.all(css)), None), css)

    def text(self, css="body"):
        found = self.all(css)
        return found[0].text if found else ""

    def see(self, words, css="body", seconds=20):
        self.until(lambda: words in self.text(css), f"“{words}” is in {css}", seconds)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def rows(self, css="main table"):
        """The rows of a table as lists of texts."""
        return self.run(
            "return [...(document.querySelector(arguments[0])?.tBodies[0]?.rows ?? [])]"
            ".map((row) => [...row.cells].map((cell) => cell.innerText.trim()))",
            css,
        )

    def complaints(self):
        """What the browser blocked or a script threw on this page, and what stands in its log."""
        logged = [
            entry["message"]
            for entry in self.driver.get_log("browser")
            if "Content Security Policy" in entry["message"] or "Uncaught" in entry["message"]
        ]
        return self.run("return window.complaints") + logged

    # --- Acting ---

    def button(self, words, within="body"):
        def found():
            return next(
                (
                    one
                    for one in self.all(f"{within} button, {within} a.button")
                    if one.text.strip() == words and one.is_displayed()
                ),
                None,
            )

        return self.until(found, f"the button “{words}”")

    def press(self, words, within="body"):
        button = self.button(words, within)
        self.until(button.is_enabled, f"the button “{words}” is enabled")
        button.click()

    def fill(self, name, text, within=""):
        field = self.first(f"{within} [name='{name}']")
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(text)
        return field

    def keys(self, *keys):
        self.driver.switch_to.active_element.send_keys(*keys)

    def log_in(self, name, password):
        self.open("/", drawn=False)
        self.fill("name", name)
        self.fill("password", password).send_keys(Keys.ENTER)
        self.until(lambda: self.all(".side"), "signed in")
        return self
