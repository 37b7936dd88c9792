"""Queries to services by astroquery, with one error for those that fail."""

from xml.parsers.expat import ExpatError

from astroclassify.core import ReadError, optional_import


def ask(service, question, *arguments, hint):
    """
    Ask a service.

    Parameters
    ----------
    service : str
        Its name, for messages.
    question : callable
        Called with the arguments; it uses `astroquery_module`.
    *arguments
        Of the question.
    hint : str
        Advice for the message.

    Returns
    -------
    object
        The answer of the service.

    Raises
    ------
    ReadError
        If the service does not answer, or with something else than it should.
    OptionalDependencyError
        If astroquery, of the extra ``catalogue``, is not installed.
    """
    exceptions = astroquery_module("exceptions", service)
    requests = optional_import("requests", needed_for=f"asking {service}", extra="catalogue")
    dal = optional_import("pyvo.dal", needed_for=f"asking {service}", extra="catalogue")
    failures = (
        requests.RequestException,
        exceptions.RemoteServiceError,
        exceptions.TimeoutError,
        exceptions.TableParseError,
        dal.DALAccessError,
        ExpatError,
        ValueError,  # of a page in place of a table
        OSError,  # of bytes that are no FITS file
        AttributeError,  # how astroquery passes on what hips2fits complains of
    )
    try:
        return question(*arguments)
    except failures as error:
        said = " ".join(str(error).split())[:200]
        raise ReadError(
            f"{service} does not answer ({type(error).__name__}: {said}); ask again later, or {hint}"
        ) from error


def astroquery_module(module, service):
    """
    Import a module of astroquery.

    Parameters
    ----------
    module : str
        Its name below ``astroquery``.
    service : str
        The service, for the message.

    Returns
    -------
    module
        The module.

    Raises
    ------
    OptionalDependencyError
        If astroquery, of the extra ``catalogue``, is not installed.
    """
    return optional_import(f"astroquery.{module}", needed_for=f"asking {service}", extra="catalogue")
