"""
The passphrase of the roster: asked for, tried, and kept in QGIS's own encrypted store when she wishes.

The store (`QgsApplication.authManager`) is locked by a master password of its own, which QGIS asks for. A kept
passphrase is a configuration of the method `Basic`, found again by the place of the vault; nothing of it is ever
written to the settings or a log.
"""

from pathlib import Path

from qgis.core import QgsApplication, QgsAuthManager, QgsAuthMethodConfig

from census_map.errors import VaultError
from census_map.i18n import _

METHOD = "Basic"
_PASSWORD = "password"  # noqa: S105  the name of the field


def can_keep() -> bool:
    """Whether this QGIS has an encrypted store at all."""
    manager = QgsApplication.authManager()
    return not manager.isDisabled() and METHOD in manager.authMethodsKeys()


def is_kept(vault: Path) -> bool:
    """Whether the passphrase of a vault is in the store; asks nothing."""
    return can_keep() and _find(vault) is not None


def kept_passphrase(vault: Path) -> str | None:
    """
    Take the passphrase of a vault out of the store; QGIS asks for its master password when the store is locked.

    Returns
    -------
    passphrase
        None when none is kept.

    Raises
    ------
    VaultError
        The store stays locked, or cannot be read.
    """
    if not can_keep() or (found := _find(vault)) is None:
        return None
    manager = _unlocked()
    config = QgsAuthMethodConfig()
    done, config = manager.loadAuthenticationConfig(found, config, True)
    passphrase = config.config(_PASSWORD) if done else ""
    if not passphrase:
        raise VaultError(_("QGIS's password store does not give the passphrase back: type it, and have it kept anew."))
    return passphrase


def keep(vault: Path, passphrase: str) -> None:
    """
    Keep the passphrase of a vault in the store, in the place of an earlier one.

    Raises
    ------
    VaultError
        The store is not there, stays locked, or cannot be written; nothing was kept.
    """
    if not can_keep():
        raise VaultError(_("This QGIS has no password store: type the passphrase each time."))
    manager = _unlocked()
    config = QgsAuthMethodConfig(METHOD)
    config.setName(_("Census roster {name}").format(name=vault.stem))
    config.setUri(_uri(vault))
    config.setConfig("username", vault.stem)
    config.setConfig(_PASSWORD, passphrase)
    earlier = _find(vault)
    if earlier is not None:
        config.setId(earlier)
        done = manager.updateAuthenticationConfig(config)
    else:
        done, _config = manager.storeAuthenticationConfig(config)
    if not done:
        raise VaultError(_("QGIS's password store could not keep the passphrase: type it each time."))


def forget(vault: Path) -> None:
    """Take the passphrase of a vault out of the store, if it is there."""
    if can_keep() and (found := _find(vault)) is not None:
        QgsApplication.authManager().removeAuthenticationConfig(found)


def _unlocked() -> QgsAuthManager:
    manager = QgsApplication.authManager()
    if not manager.setMasterPassword(True):
        raise VaultError(
            _("QGIS's password store is locked: give QGIS's master password, or type the passphrase of the roster.")
        )
    return manager


def _find(vault: Path) -> str | None:
    wanted = _uri(vault)
    configs = QgsApplication.authManager().availableAuthMethodConfigs()
    return next((name for name, config in configs.items() if config.uri() == wanted), None)


def _uri(vault: Path) -> str:
    return vault.absolute().as_uri()
